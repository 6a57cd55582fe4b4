/** Where the sun stands: the tablet turns dark when the street does, at every latitude and season. */

const RAD = Math.PI / 180;
const J2000_MS = Date.UTC(2000, 0, 1, 12);
const DAY_MS = 86_400_000;

/**
 * Return the sun's elevation in degrees, to about half a degree.
 *
 * The low-precision formulas of the Astronomical Almanac (mean longitude, equation of centre, obliquity).
 *
 * @param {number} utcMs @param {number} latDeg @param {number} lonDeg
 */
export function sunElevationDeg(utcMs, latDeg, lonDeg) {
  const days = (utcMs - J2000_MS) / DAY_MS;
  const anomaly = (357.528 + 0.9856003 * days) * RAD;
  const longitude = (280.46 + 0.9856474 * days + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RAD;
  const obliquity = (23.439 - 4e-7 * days) * RAD;
  const declination = Math.asin(Math.sin(obliquity) * Math.sin(longitude));
  const ascension = Math.atan2(Math.cos(obliquity) * Math.sin(longitude), Math.cos(longitude));
  const siderealDeg = 280.46061837 + 360.98564736629 * days + lonDeg;
  const hourAngle = siderealDeg * RAD - ascension;
  const lat = latDeg * RAD;
  return Math.asin(
    Math.sin(lat) * Math.sin(declination) + Math.cos(lat) * Math.cos(declination) * Math.cos(hourAngle),
  ) / RAD;
}
