/**
 * The city's bins in columns, as `/map` tells them: eleven thousand objects made anew at each change would be the
 * page's whole time. A bin is a number here, and becomes an object only where one is looked at.
 */
import {bandOf} from "../lib/bands.js";

/** What a number in a column of bands means. "over" is a forecast's: it likely overflows by then. */
export const BAND_IDS = ["none", "low", "mid", "high", "full", "over"];
export const SENSOR_STATES = ["ok", "silent", "odd", "none"];
export const PLAN_STATES = ["none", "planned", "emptied", "skipped"];
export const STEP_H = 6;
export const LAST_H = 72;
const OVER = 5;
const SENSOR_LETTERS = "osdn";
const PLAN_LETTERS = "npes";
const DEG = 1e-5;
const LATER = 99;
const UNKNOWN = "?";
const A = "A".charCodeAt(0);
/** The band of each whole percent, and of "nobody measured" at the end. */
const BAND_OF_PCT = Uint8Array.from({length: 102}, (_, pct) => BAND_IDS.indexOf(bandOf(pct > 100 ? null : pct / 100)));

/** Ids whose first letter says how much they share with the one before: "AP0001A", "FB". */
export function decodeIds(coded) {
  let before = "";
  return coded.map((each) => {
    before = before.slice(0, each.charCodeAt(0) - A) + each.slice(1);
    return before;
  });
}

/** When a course passes its five marks, in steps; `LATER` for not within sight. */
const stepsOf = (course) => [...course].map((letter) => (letter === "." ? LATER : letter.charCodeAt(0) - A));

/** The band a course is in after so many steps. */
export function bandOfCourse(course, step) {
  if (course[0] === UNKNOWN) return 0;
  const [mid, high, full, , over] = stepsOf(course);
  if (over <= step) return OVER;
  return 1 + (mid <= step) + (high <= step) + (full <= step);
}

const missing = (value) => (value < 0 ? null : value);

export class Bins {
  constructor(places, tag) {
    const {sites} = places;
    const siteIds = decodeIds(sites.id);
    this.tag = tag;
    this.ids = decodeIds(places.bin_id);
    this.length = this.ids.length;
    this.areas = places.areas;
    this.places = places;
    this.indexOf = new Map(this.ids.map((id, index) => [id, index]));
    this.site = new Uint32Array(this.length);
    let next = 0;
    sites.bins.forEach((count, site) => {
      this.site.fill(site, next, next + count);
      next += count;
    });
    this.sites = siteIds.map((id, n) => ({
      id, name: sites.name[n], area: places.areas[sites.area[n]], area_index: sites.area[n],
      lat_deg: places.south_west[0] + sites.lat[n] * DEG, lon_deg: places.south_west[1] + sites.lon[n] * DEG,
    }));
    this.fill = new Int8Array(this.length).fill(-1);
    this.sensor = new Uint8Array(this.length).fill(SENSOR_STATES.length - 1);
    this.plan = new Uint8Array(this.length);
    this.measuredMs = new Float64Array(this.length).fill(NaN);
    this.risk = new Int8Array(this.length).fill(-1);
    this.fullIn = new Int16Array(this.length).fill(-1);
    this.courses = [];
    this.course = null;
    this.forecastUtc = null;
    this.hasFigures = false;
  }

  /** Whether another answer speaks of the same bins in the same order. */
  fits(answer) {
    return answer.places === this.tag;
  }

  putLevels({fill_pct: fill, sensor, plan}) {
    this.fill.set(fill);
    for (let bin = 0; bin < this.length; bin += 1) {
      this.sensor[bin] = SENSOR_LETTERS.indexOf(sensor[bin]);
      this.plan[bin] = PLAN_LETTERS.indexOf(plan[bin]);
    }
  }

  putAhead({courses, course, as_of_utc: asOf}) {
    this.courses = courses;
    this.course = Uint16Array.from(course);
    this.forecastUtc = asOf;
  }

  putFigures({age_min: ages, p_overflow_24h_pct: risks, full_in_h: hours, as_of_utc: asOf}) {
    const now = Date.parse(asOf);
    ages.forEach((age, bin) => {
      this.measuredMs[bin] = age < 0 ? NaN : now - age * 60_000;
    });
    this.risk.set(risks);
    this.fullIn.set(hours);
    this.hasFigures = true;
  }

  /** Take what the live stream told. @returns {boolean} Whether it spoke of a bin we know. */
  takeChanges(changes) {
    let any = false;
    for (const change of changes) {
      const bin = this.indexOf.get(change.id);
      if (bin === undefined) continue;
      this.fill[bin] = change.fill_fraction === null ? -1 : Math.floor(change.fill_fraction * 100 + 1e-6);
      this.plan[bin] = PLAN_STATES.indexOf(change.plan_state);
      this.sensor[bin] = SENSOR_STATES.indexOf(change.sensor_state);
      this.measuredMs[bin] = change.measured_utc ? Date.parse(change.measured_utc) : NaN;
      any = true;
    }
    return any;
  }

  bandNow(bin) {
    return BAND_OF_PCT[this.fill[bin] < 0 ? 101 : this.fill[bin]];
  }

  /** The band of every bin at so many hours ahead; at 0 as measured. */
  bandsAt(hour) {
    const bands = new Uint8Array(this.length);
    if (hour === 0 || !this.course) {
      for (let bin = 0; bin < this.length; bin += 1) bands[bin] = this.bandNow(bin);
      return bands;
    }
    const ofCourse = Uint8Array.from(this.courses, (course) => bandOfCourse(course, Math.round(hour / STEP_H)));
    for (let bin = 0; bin < this.length; bin += 1) bands[bin] = ofCourse[this.course[bin]];
    return bands;
  }

  /** How many bins overflow within so many hours as likely as not, and how many more at one in ten. */
  risks(hour) {
    const step = Math.round(hour / STEP_H);
    const grade = this.courses.map((course) => {
      const [, , , notable, likely] = stepsOf(course);
      if (course[0] === UNKNOWN) return 0;
      return likely <= step ? 2 : Number(notable <= step);
    });
    const found = {likely: 0, notable: 0};
    for (const course of this.course ?? []) {
      if (grade[course] === 2) found.likely += 1;
      else if (grade[course] === 1) found.notable += 1;
    }
    return found;
  }

  fractionCode(bin) {
    return this.places.fractions[this.places.fraction[bin]];
  }

  /** One bin as an object, for whoever shows it. */
  row(bin) {
    const site = this.sites[this.site[bin]];
    const measured = this.measuredMs[bin];
    return {
      index: bin, id: this.ids[bin], site_id: site.id, name: site.name, area: site.area,
      lat_deg: site.lat_deg, lon_deg: site.lon_deg, fraction: this.fractionCode(bin),
      volume_l: this.places.volumes_l[this.places.volume[bin]],
      fill_fraction: this.fill[bin] < 0 ? null : this.fill[bin] / 100,
      measured_utc: Number.isNaN(measured) ? null : measured,
      p_overflow_24h: this.risk[bin] < 0 ? null : this.risk[bin] / 100,
      hours_to_full: missing(this.fullIn[bin]),
      sensor_state: SENSOR_STATES[this.sensor[bin]], plan_state: PLAN_STATES[this.plan[bin]],
    };
  }

  /** As a Map would: the bin's object, or undefined. */
  get(id) {
    const bin = this.indexOf.get(id);
    return bin === undefined ? undefined : this.row(bin);
  }

  /** The other bins of the same place; they follow each other. */
  siblings(bin) {
    const found = [];
    for (let other = bin - 1; other >= 0 && this.site[other] === this.site[bin]; other -= 1) found.unshift(this.row(other));
    for (let other = bin + 1; other < this.length && this.site[other] === this.site[bin]; other += 1) found.push(this.row(other));
    return found;
  }
}
