/** Which map tiles a route needs. Pure. */

/** The tablet's whole map stays below a megabyte: a tile of a dense centre is 10 to 20 kB. */
const MOST_TILES = 150;

const DEG = Math.PI / 180;

/** @returns {[number, number]} Where a point lies, in tiles of the zoom (Web Mercator). */
export function tileAt([lon, lat], zoom) {
  const across = 2 ** zoom;
  const x = ((lon + 180) / 360) * across;
  const y = ((1 - Math.asinh(Math.tan(lat * DEG)) / Math.PI) / 2) * across;
  const inside = (value) => Math.min(across - 1, Math.max(0, Math.floor(value)));
  return [inside(x), inside(y)];
}

function pointsOf(route) {
  const stops = route.stops.filter((stop) => Number.isFinite(stop.lon_deg));
  return [...stops.map((stop) => [stop.lon_deg, stop.lat_deg]), ...(route.legs ?? []).flat()];
}

function tilesOf(points, zoom) {
  const found = new Set();
  for (const point of points) {
    const [x, y] = tileAt(point, zoom);
    found.add(`/tiles/${zoom}/${x}/${y}.mvt`);
  }
  return [...found];
}

/**
 * The addresses of the tiles under the route, the widest view first.
 *
 * The finest zooms of a long route are left out before the coarse ones: a map that is a little plain is still a map.
 *
 * @param {object} route With `stops` and `legs` ([lon, lat] points).
 * @param {{minzoom: number, maxzoom: number}} metadata TileJSON.
 */
export function routeTiles(route, {minzoom, maxzoom}) {
  const points = pointsOf(route);
  const addresses = [];
  for (let zoom = minzoom; zoom <= maxzoom; zoom += 1) {
    const found = tilesOf(points, zoom);
    if (addresses.length + found.length > MOST_TILES) break;
    addresses.push(...found);
  }
  return addresses;
}
