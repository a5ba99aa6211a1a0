// How many SMS a text makes: campaigns/texts/sms_segments.py in the browser, where the sources are named.
// Both are held together by tests/campaigns/vectors/sms_segments.json.
(() => {
  "use strict";

  const BASIC =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
  const EXTENSION = "\f^{}\\[~]|€";
  const escaped = (characters) => characters.replace(/[\\\]^-]/g, "\\$&");
  const NOT_GSM = new RegExp(`[^${escaped(BASIC + EXTENSION)}]`, "gu");
  const EXTENDED = new RegExp(`[${escaped(EXTENSION)}]`, "gu");
  const ESCAPE = "\u001b";
  const ROOM = { gsm7: { alone: 160, each: 153 }, ucs2: { alone: 70, each: 67 } };

  const isFirstHalf = (unit) => unit >= 0xd800 && unit <= 0xdbff;

  // One segment after the other is filled as far as it goes; no cut goes through a character.
  const pack = (units, room, isInside) => {
    if (units <= room.alone) return { segments: units ? 1 : 0, unitsLeft: room.alone - units };
    let segments = 1;
    let start = 0;
    while (units - start > room.each) {
      start += room.each - (isInside(start + room.each) ? 1 : 0);
      segments += 1;
    }
    return { segments, unitsLeft: room.each - (units - start) };
  };

  // {encoding: "gsm7" or "ucs2", units, segments, unitsLeft, dear: [{start, character}]}; `start`
  // is in UTF-16 units, as a text field counts.
  const count = (text) => {
    const found = (pattern) => [...text.matchAll(pattern)].map((one) => ({ start: one.index, character: one[0] }));
    const foreign = found(NOT_GSM);
    if (foreign.length) {
      const isInside = (unit) => isFirstHalf(text.charCodeAt(unit - 1));
      return { encoding: "ucs2", units: text.length, ...pack(text.length, ROOM.ucs2, isInside), dear: foreign };
    }
    const septets = text.replace(EXTENDED, `${ESCAPE}$&`);
    const isInside = (unit) => septets[unit - 1] === ESCAPE;
    return { encoding: "gsm7", units: septets.length, ...pack(septets.length, ROOM.gsm7, isInside), dear: found(EXTENDED) };
  };

  // --- The same text for less ----------------------------------------------------------------------

  const EQUIVALENTS = new Map();
  const replace = (characters, by) => [...characters].forEach((one) => EQUIVALENTS.set(one, by));
  const range = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => String.fromCharCode(first + n));
  replace("\u2018\u2019\u201a\u201b\u2032\u275b\u275c\uff07\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb", "'");
  replace("\u201c\u201d\u201e\u201f\u2033\u275d\u275e\u301d\u301e\uff02\u00ab\u00bb\u02ba\u02ee", '"');
  replace("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-");
  replace("\u2026", "...");
  replace(["\t", "\u00a0", "\u1680", "\u202f", "\u205f", "\u3000", ...range(0x2000, 0x200a)], " ");
  replace(["\u2028", "\u2029", "\r\n"], "\n");
  replace(["\u00ad", "\u061c", "\u180e", "\u2060", "\ufe0e", "\ufe0f", "\ufeff"], "");
  replace([...range(0x200b, 0x200f), ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)], "");
  const REPLACED = new RegExp([...EQUIVALENTS.keys()].sort((a, b) => b.length - a.length).join("|"), "g");

  const equal = (piece) => piece.normalize("NFC").replace(REPLACED, (one) => EQUIVALENTS.get(one));

  // The text with each dear character replaced by its equal, if that makes all of it GSM-7 and takes
  // no more segments; else the text as it is. The spans `kept` ([start, end], in order) are left
  // alone and not judged: {{…}}.
  const cheaper = (text, kept = []) => {
    const before = [];
    const between = [];
    let end = 0;
    for (const [start, stop] of kept) {
      before.push(text.slice(end, start));
      between.push(text.slice(start, stop));
      end = stop;
    }
    before.push(text.slice(end));
    const after = before.map(equal);
    const size = count(after.join(""));
    if (size.encoding !== "gsm7" || size.segments > count(before.join("")).segments) return text;
    return after.map((piece, place) => piece + (between[place] ?? "")).join("");
  };

  window.smsSegments = { count, cheaper };
})();
