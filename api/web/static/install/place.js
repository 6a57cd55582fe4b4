/** Where the phone is, how well it knows that, and how far that is from where a place is registered. */
const EARTH_M = 6_371_000;
const rad = (deg) => (deg * Math.PI) / 180;
const PATIENCE_MS = 20_000;
export const ACCURACY_MAX_M = 100;

export function metresBetween(one, other) {
  const half = Math.sin(rad(other.lat_deg - one.lat_deg) / 2) ** 2
    + Math.cos(rad(one.lat_deg)) * Math.cos(rad(other.lat_deg)) * Math.sin(rad(other.lon_deg - one.lon_deg) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** The position so many metres to the north and to the east. */
export function nudged(position, northM, eastM) {
  const lat = position.lat_deg + (northM / EARTH_M) * (180 / Math.PI);
  const lon = position.lon_deg + (eastM / (EARTH_M * Math.cos(rad(position.lat_deg)))) * (180 / Math.PI);
  const round = (deg) => Math.round(deg * 1e6) / 1e6;
  return {...position, lat_deg: round(lat), lon_deg: round(lon)};
}

/** @returns {Promise<{lat_deg: number, lon_deg: number, accuracy_m: number}>} */
export const whereAmI = () => new Promise((resolve, reject) => {
  if (!navigator.geolocation) return reject(new Error("no geolocation"));
  navigator.geolocation.getCurrentPosition(
    ({coords}) => resolve({lat_deg: coords.latitude, lon_deg: coords.longitude, accuracy_m: Math.round(coords.accuracy)}),
    reject, {enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 5_000},
  );
});
