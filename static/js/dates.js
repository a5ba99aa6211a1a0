// Dates in people's fields: campaigns/texts/date_masks.py in the browser, where the sources are named.
// Both are held together by tests/campaigns/vectors/dynamic_fields.json.
(() => {
  "use strict";

  const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  const MONTHS = "January February March April May June July August September October November December".split(" ");
  const MINUTE = 60_000;
  const DAY = 24 * 60 * MINUTE;

  const pad = (number, width = 2) => String(number).padStart(width, "0");

  // --- Moments: what a clock on the wall shows, and how far it is from UTC (in minutes) ------------

  const asUtc = ({ year, month, day, hour = 0, minute = 0, second = 0, ms = 0 }) => {
    const moment = new Date(0);
    moment.setUTCFullYear(year, month - 1, day);
    return moment.setUTCHours(hour, minute, second, ms);
  };
  const fromUtc = (instant) => {
    const moment = new Date(instant);
    return {
      year: moment.getUTCFullYear(),
      month: moment.getUTCMonth() + 1,
      day: moment.getUTCDate(),
      hour: moment.getUTCHours(),
      minute: moment.getUTCMinutes(),
      second: moment.getUTCSeconds(),
      ms: moment.getUTCMilliseconds(),
    };
  };
  // 0 is Monday.
  const weekday = (moment) => (new Date(asUtc({ ...moment, hour: 0 })).getUTCDay() + 6) % 7;
  // ISO 8601: a week belongs to the year that its Thursday is in.
  const week = (moment) => {
    const day = asUtc({ year: moment.year, month: moment.month, day: moment.day });
    const thursday = day + (3 - weekday(moment)) * DAY;
    const newYear = asUtc({ year: new Date(thursday).getUTCFullYear(), month: 1, day: 1 });
    return Math.floor((thursday - newYear) / (7 * DAY)) + 1;
  };

  const clocks = new Map();
  const clock = (zone) => {
    if (!clocks.has(zone)) {
      const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
      clocks.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...parts }));
    }
    return clocks.get(zone);
  };
  // How far the zone is from UTC at an instant, in milliseconds.
  const offsetAt = (zone, instant) => {
    const shown = Object.fromEntries(clock(zone).formatToParts(instant).map((part) => [part.type, Number(part.value)]));
    const second = Math.floor(instant / 1000) * 1000;
    return asUtc(shown) - second;
  };
  // For a time on the wall: of one that comes twice the first, of one that is jumped over as before
  // the jump.
  const offsetOnWall = (zone, wall) => {
    const before = offsetAt(zone, wall - DAY);
    if (offsetAt(zone, wall - before) === before) return before;
    const after = offsetAt(zone, wall + DAY);
    return offsetAt(zone, wall - after) === after ? after : before;
  };

  // --- Writing -------------------------------------------------------------------------------------

  const US_ZONE = new RegExp(
    "^(?:US/.+|Pacific/Honolulu|America/(?:(?:Indiana|Kentucky|North_Dakota)/.+|New_York|Detroit|" +
      "Chicago|Menominee|Denver|Boise|Phoenix|Los_Angeles|Anchorage|Juneau|Sitka|Metlakatla|Yakutat|Nome|Adak))$",
  );
  const offset = (moment, colon) => {
    const minutes = Math.abs(moment.offset);
    return `${moment.offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${colon}${pad(minutes % 60)}`;
  };
  const zoneName = (moment, calendar) => {
    if (US_ZONE.test(calendar.zone)) {
      const named = new Intl.DateTimeFormat("en-US", { timeZone: calendar.zone, timeZoneName: "short" });
      const instant = asUtc(moment) - moment.offset * MINUTE;
      return named.formatToParts(instant).find((part) => part.type === "timeZoneName").value;
    }
    const shown = offset(moment, "");
    return shown === "+0000" ? "UTC" : `GMT${shown}`;
  };
  const dayName = (moment, calendar, near, name) => {
    if (!calendar.today) return name;
    const [year, month, day] = calendar.today.split("-").map(Number);
    const here = asUtc({ year: moment.year, month: moment.month, day: moment.day });
    return near[(here - asUtc({ year, month, day })) / DAY + 1] ?? name;
  };
  const ordinal = (day) => (day >= 11 && day <= 13 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[day % 10] || "th");
  const longDay = (at) => DAYS[weekday(at)];
  const half = (at) => (at.hour < 12 ? "am" : "pm");

  const LETTERS = new Map(
    Object.entries({
      d: (at) => String(at.day),
      dd: (at) => pad(at.day),
      ddd: (at) => longDay(at).slice(0, 3),
      DDD: (at, calendar) => dayName(at, calendar, ["Ysd", "Tdy", "Tmw"], longDay(at).slice(0, 3)),
      dddd: longDay,
      DDDD: (at, calendar) => dayName(at, calendar, ["Yesterday", "Today", "Tomorrow"], longDay(at)),
      m: (at) => String(at.month),
      mm: (at) => pad(at.month),
      mmm: (at) => MONTHS[at.month - 1].slice(0, 3),
      mmmm: (at) => MONTHS[at.month - 1],
      yy: (at) => pad(at.year % 100),
      yyyy: (at) => pad(at.year, 4),
      h: (at) => String(at.hour % 12 || 12),
      hh: (at) => pad(at.hour % 12 || 12),
      H: (at) => String(at.hour),
      HH: (at) => pad(at.hour),
      M: (at) => String(at.minute),
      MM: (at) => pad(at.minute),
      N: (at) => String(weekday(at) + 1),
      o: (at) => offset(at, ""),
      p: (at) => offset(at, ":"),
      s: (at) => String(at.second),
      ss: (at) => pad(at.second),
      S: (at) => ordinal(at.day),
      l: (at) => pad(at.ms, 3),
      L: (at) => pad(Math.floor(at.ms / 10)),
      t: (at) => half(at)[0],
      tt: half,
      T: (at) => half(at)[0].toUpperCase(),
      TT: (at) => half(at).toUpperCase(),
      W: (at) => String(week(at)),
      WW: (at) => pad(week(at)),
      Z: zoneName,
    }),
  );
  const PIECE = /([A-Za-z])\1*|"[^"]*"|'[^']*'|[^A-Za-z"']+|["']/g;

  // {pieces} of a mask, or {letters, instead} of the first letters that mean nothing.
  const readMask = (text) => {
    const pieces = [];
    for (const [piece, letter] of text.matchAll(PIECE)) {
      if (letter && !LETTERS.has(piece)) {
        const lower = piece.toLowerCase();
        return { letters: piece, instead: lower === "a" ? "tt" : LETTERS.has(lower) ? lower : "" };
      }
      const isQuoted = piece.length > 1 && /["']/.test(piece[0]);
      pieces.push(letter ? LETTERS.get(piece) : isQuoted ? piece.slice(1, -1) : piece);
    }
    return { pieces };
  };

  // The date in `value` as the mask has it, or null. `calendar`: {zone: an IANA name, today:
  // "2026-04-03" or null, dayFirst: true, false or null}.
  const write = (mask, value, calendar) => {
    const moment = readDate(value, calendar);
    return moment && mask.pieces.map((piece) => (typeof piece === "string" ? piece : piece(moment, calendar))).join("");
  };

  // --- Reading -------------------------------------------------------------------------------------

  const TIME =
    "(?:(?:T|,? +(?:at +)?)(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2})" +
    "(?::(?<second>[0-9]{2})(?:[.,](?<fraction>[0-9]{1,9}))?)?" +
    "(?: *(?<half>[AP])\\.?M\\.?)?" +
    "(?: *(?<zone>Z|UTC|GMT|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]))?)?";
  const WEEKDAY = "(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\\.?,? +)?";
  const FORMS = [
    "(?<year>[0-9]{4})(?<by>[-/.])(?<month>[0-9]{1,2})\\k<by>(?<day>[0-9]{1,2})",
    "(?<first>[0-9]{1,2})(?<by>[-/.])(?<other>[0-9]{1,2})\\k<by>(?<year>[0-9]{4})",
    `${WEEKDAY}(?<day>[0-9]{1,2})(?:st|nd|rd|th|\\.)?[ -]+(?<name>[A-Z]{3,9})\\.?,?[ -]+(?<year>[0-9]{4})`,
    `${WEEKDAY}(?<name>[A-Z]{3,9})\\.? +(?<day>[0-9]{1,2})(?:st|nd|rd|th)?,? +(?<year>[0-9]{4})`,
  ].map((form) => new RegExp(`^(?:${form}${TIME})$`, "i"));
  const MONTH_NUMBERS = new Map([["sept", 9], ...MONTHS.flatMap((name, n) => [[name.toLowerCase(), n + 1], [name.slice(0, 3).toLowerCase(), n + 1]])]);

  const dayAndMonth = (parts, dayFirst) => {
    if (parts.name) return [Number(parts.day), MONTH_NUMBERS.get(parts.name.toLowerCase()) || 0];
    if (!parts.first) return [Number(parts.day), Number(parts.month)];
    const first = Number(parts.first);
    const other = Number(parts.other);
    if (parts.by === "." || first === other) return [first, other];
    if (dayFirst === true) return [first, other];
    if (dayFirst === false) return [other, first];
    if (first <= 12 && other <= 12) return [first, 0];
    return first > 12 ? [first, other] : [other, first];
  };
  const hourOf = (parts) => {
    const hour = Number(parts.hour || 0);
    if (!parts.half) return hour;
    if (hour < 1 || hour > 12) return null;
    return (hour % 12) + (parts.half.toUpperCase() === "P" ? 12 : 0);
  };
  const isReal = (wall) => {
    const back = fromUtc(asUtc(wall));
    return wall.year >= 1 && Object.keys(back).every((part) => back[part] === wall[part]);
  };
  const minutesOf = (zone) => {
    if (!/^[+-]/.test(zone)) return 0;
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
    return zone[0] === "-" ? -minutes : minutes;
  };

  const readDate = (value, calendar) => {
    const text = value.replace(/^[ \t\r\n\u00a0]+|[ \t\r\n\u00a0]+$/g, "");
    const found = FORMS.map((form) => form.exec(text)).find(Boolean);
    if (!found) return null;
    const parts = found.groups;
    const [day, month] = dayAndMonth(parts, calendar.dayFirst);
    const hour = hourOf(parts);
    const ms = Number((parts.fraction || "").slice(0, 3).padEnd(3, "0"));
    const wall = { year: Number(parts.year), month, day, hour, minute: Number(parts.minute || 0), second: Number(parts.second || 0), ms };
    if (hour === null || !isReal(wall)) return null;
    if (!parts.zone) {
      return { ...wall, offset: Math.round(offsetOnWall(calendar.zone, asUtc(wall)) / MINUTE) };
    }
    const instant = asUtc(wall) - minutesOf(parts.zone) * MINUTE;
    const away = offsetAt(calendar.zone, instant);
    const moment = { ...fromUtc(instant + away), offset: Math.round(away / MINUTE) };
    return moment.year >= 1 && moment.year <= 9999 ? moment : null;
  };

  window.dateMasks = { readMask, write };
})();
