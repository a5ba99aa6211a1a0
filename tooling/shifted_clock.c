/* Preloaded into a program, this shifts the wall clock it reads by CLOCK_SHIFT seconds.

   The monotonic clock stays as it is. Every child of the program inherits both variables and so the
   clock. The system is asked directly, without a lock or a search for the original function, as
   Chromium hangs otherwise.
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SOME_HOURS (6 * 3600)
/* No machine has been up for thirty years: a deadline above this is on the wall clock. */
#define LONGEST_UPTIME 1000000000

static long shift, began;

__attribute__((constructor)) static void read_environment(void) {
    const char *seconds = getenv("CLOCK_SHIFT"), *start = getenv("CLOCK_BEGAN");
    shift = seconds ? atol(seconds) : 0;
    began = start ? atol(start) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift;
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    int failed = syscall(SYS_gettimeofday, now, zone);
    if (!failed) now->tv_sec += shift;
    return failed;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, now) ? base : 0;
}

/* Deadlines that a program took from the shifted clock. */

static struct timespec unshifted(const struct timespec *deadline) {
    return (struct timespec){deadline->tv_sec - shift, deadline->tv_nsec};
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    struct timespec real = *until;
    if (clock == CLOCK_REALTIME && flags & TIMER_ABSTIME) real = unshifted(until);
    return syscall(SYS_clock_nanosleep, clock, flags, &real, left) ? errno : 0;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    if (until->tv_sec < LONGEST_UPTIME)
        return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, until);
    struct timespec real = unshifted(until);
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &real);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec real = unshifted(until);
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, &real);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    struct timespec real = unshifted(until);
    return sem_clockwait(semaphore, CLOCK_REALTIME, &real);
}

/* A file written during the run was written just now, also by the shifted clock. Those that lay
   there before keep their times, or every module would be compiled anew. */

int fstatat(int folder, const char *path, struct stat *about, int flags) {
    int failed = syscall(SYS_newfstatat, folder, path, about, flags);
    if (!failed && began <= about->st_mtime && about->st_mtime < began + SOME_HOURS) {
        about->st_mtime += shift;
        about->st_ctime += shift;
    }
    return failed;
}

int stat(const char *path, struct stat *about) { return fstatat(AT_FDCWD, path, about, 0); }
int lstat(const char *path, struct stat *about) {
    return fstatat(AT_FDCWD, path, about, AT_SYMLINK_NOFOLLOW);
}
int fstat(int file, struct stat *about) { return fstatat(file, "", about, AT_EMPTY_PATH); }

int fstatat64(int, const char *, struct stat64 *, int) __attribute__((alias("fstatat")));
int stat64(const char *, struct stat64 *) __attribute__((alias("stat")));
int lstat64(const char *, struct stat64 *) __attribute__((alias("lstat")));
int fstat64(int, struct stat64 *) __attribute__((alias("fstat")));
