"""Images, videos and files that go along: taken in, looked at, fetched with care."""
