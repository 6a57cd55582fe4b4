-- How a waste collection truck drives: what osrm-extract asks about every node, way and turn.
--
-- The truck: heavier, higher and slower than a car (three axles and 26 t, unless the preparer sets WASTE_TRUCK to
-- another of the fleet), but expected everywhere people live: it serves private yards, streets closed to through traffic and streets closed to other lorries. Those are
-- "local": the truck may begin or end a drive there and never cuts through.
--
-- Tag parsing (units, directions, driving side) comes from the library that osrm-bindings ships; the preparer puts
-- it on LUA_PATH. Speeds are km/h, durations seconds, sizes metres and kilograms.

api_version = 4

Set = require('lib/set')
Sequence = require('lib/sequence')
WayHandlers = require('lib/way_handlers')
Tags = require('lib/tags')
Measure = require('lib/measure')

local TRUCK = WASTE_TRUCK or { height_m = 3.8, width_m = 2.55, length_m = 10.5, weight_kg = 26000, axle_load_kg = 10000 }
local TOP_SPEED_KMH = 80

-- limit_kmh: the speed limit where none is tagged. share: how much of the limit a loaded truck keeps between
-- junctions (turns and signals cost extra, below). appeal: below 1, a truck goes round it if that costs little.
local HIGHWAYS = {
  motorway       = { limit_kmh = 110, share = 0.90, appeal = 1.0, no_stop = true },
  motorway_link  = { limit_kmh = 60,  share = 0.75, appeal = 1.0, no_stop = true },
  trunk          = { limit_kmh = 80,  share = 0.85, appeal = 1.0 },
  trunk_link     = { limit_kmh = 50,  share = 0.75, appeal = 1.0, no_stop = true },
  primary        = { limit_kmh = 50,  share = 0.80, appeal = 1.0 },
  primary_link   = { limit_kmh = 50,  share = 0.70, appeal = 1.0 },
  secondary      = { limit_kmh = 50,  share = 0.75, appeal = 1.0 },
  secondary_link = { limit_kmh = 50,  share = 0.65, appeal = 1.0 },
  tertiary       = { limit_kmh = 50,  share = 0.70, appeal = 1.0 },
  tertiary_link  = { limit_kmh = 50,  share = 0.60, appeal = 1.0 },
  unclassified   = { limit_kmh = 40,  share = 0.70, appeal = 1.0 },
  residential    = { limit_kmh = 30,  share = 0.65, appeal = 0.9 },
  road           = { limit_kmh = 30,  share = 0.60, appeal = 0.8 },
  living_street  = { limit_kmh = 10,  share = 0.80, appeal = 0.7 },
  service        = { limit_kmh = 20,  share = 0.55, appeal = 0.7 },
  track          = { limit_kmh = 20,  share = 0.50, appeal = 0.5 },
  pedestrian     = { limit_kmh = 7,   share = 1.00, appeal = 0.5, only_when_allowed = true },
}

local ZONE_LIMITS_KMH = { walk = 7, living_street = 10, urban = 50, rural = 70, trunk = 90, motorway = 110 }

-- The most specific tag wins. `goods` are small lorries: where they may unload, a waste truck may too.
local ACCESS_KEYS = Sequence { 'hgv', 'goods', 'motor_vehicle', 'vehicle', 'access' }
local OPEN = Set { 'yes', 'permissive', 'designated', 'public' }
local CLOSED = Set { 'agricultural', 'forestry', 'agricultural;forestry', 'emergency', 'military', 'psv', 'bus', 'taxi',
  'foot', 'bicycle', 'horse', 'snowmobile', 'ski', 'dismount' }

local SURFACE_TOP_KMH = {
  cobblestone = 20, sett = 25, unhewn_cobblestone = 12, paving_stones = 30, compacted = 30, fine_gravel = 25,
  gravel = 20, unpaved = 20, ground = 12, dirt = 12, earth = 12, grass = 8, grass_paver = 12, sand = 6, mud = 5, wood = 15,
}
local SMOOTHNESS_TOP_KMH = { bad = 25, very_bad = 12, horrible = 6, very_horrible = 0, impassable = 0 }
local PASSABLE_TRACKS = Set { 'grade1', 'grade2' }

-- What stands on a street and yet lets a truck by, with the seconds it costs. Everything else called a barrier stops it.
local BARRIER_S = {
  gate = 25, lift_gate = 15, swing_gate = 25, sliding_gate = 25, sliding_beam = 25, toll_booth = 10, border_control = 30,
  sally_port = 5, entrance = 0, cattle_grid = 0, kerb = 0, height_restrictor = 0, arch = 0, no = 0, rising_bollard = 20,
}

local OBSTACLE_S = { traffic_signals = 5, stop = 4, give_way = 2 }

local TURN_MAX_S = 10          -- turning on the spot; a right angle costs half of it
local CROSSING_TRAFFIC_S = 4   -- waiting for a gap, for a right angle across the oncoming lane
local U_TURN_S = 45            -- a three-point turn with ten metres of truck
local BOARDING_S = 300         -- onto a ferry or off it
local FERRY_KMH = 10

function setup()
  return {
    properties = {
      weight_name = 'routability',  -- durations stay true; weights carry appeal and the price of local streets
      max_speed_for_map_matching = 110 / 3.6,
      process_call_tagless_node = false,
      u_turn_penalty = U_TURN_S,
      continue_straight_at_waypoint = false,  -- each drive stands alone, as it does in the matrix
      use_turn_restrictions = true,
    },
    default_mode = mode.driving,
    oneway_handling = true,
    restrictions = Sequence { 'hgv', 'motor_vehicle', 'vehicle' },
    classes = Sequence {},
    relation_types = Sequence {},
  }
end

-- "open", "local" or "closed": what a value of an access tag means to this truck.
local function verdict(key, value)
  if not value then return 'open' end
  if OPEN[value] then return 'open' end
  -- A ban on lorries is written for those passing through; the municipality's own truck collects there.
  if value == 'no' then return key == 'hgv' and 'local' or 'closed' end
  if CLOSED[value] then return 'closed' end
  return 'local'  -- private, destination, delivery, customers, permit, residents, conditions we do not evaluate ...
end

-- The verdicts for driving forward and backward along a way, and whether any tag spoke at all.
local function access_of(way)
  local found = {}
  for _, direction in ipairs { 'forward', 'backward' } do
    for _, key in ipairs(ACCESS_KEYS) do
      local value = way:get_value_by_key(key .. ':' .. direction) or way:get_value_by_key(key)
      if value then
        found[direction] = { verdict = verdict(key, value), key = key }
        break
      end
    end
  end
  return found.forward, found.backward
end

local function fits(way)
  local limits = {
    { { 'maxheight:physical', 'maxheight' }, Measure.get_max_height, TRUCK.height_m },
    { { 'maxwidth:physical', 'maxwidth' }, Measure.get_max_width, TRUCK.width_m },
    { { 'maxlength' }, Measure.get_max_length, TRUCK.length_m },
    { { 'maxweight:hgv', 'maxweightrating:hgv', 'maxweightrating', 'maxweight' }, Measure.get_max_weight, TRUCK.weight_kg },
    { { 'maxaxleload' }, Measure.get_max_weight, TRUCK.axle_load_kg },
  }
  local forward_fits, backward_fits = true, true
  for _, limit in ipairs(limits) do
    local keys, parse, need = limit[1], limit[2], limit[3]
    local forward, backward = Tags.get_forward_backward_by_set(way, {}, keys)
    forward, backward = parse(forward, way), parse(backward, way)
    if forward and forward < need then forward_fits = false end
    if backward and backward < need then backward_fits = false end
  end
  return forward_fits, backward_fits
end

-- A tagged limit in km/h, from "30", "20 mph", "SE:urban" or "none"; nil when it says nothing we know.
local function limit_of(value)
  if not value then return nil end
  local number = Measure.get_max_speed(value)
  if number and number > 0 then return number end
  local zone = value:lower():match(':([%a_]+)$')
  return zone and (ZONE_LIMITS_KMH[zone] or tonumber(zone))
end

local function speed_of(way, street, limit)
  local speed = math.min((limit_of(limit) or street.limit_kmh) * street.share, TOP_SPEED_KMH)
  speed = math.min(speed, SURFACE_TOP_KMH[way:get_value_by_key('surface')] or speed)
  return math.min(speed, SMOOTHNESS_TOP_KMH[way:get_value_by_key('smoothness')] or speed)
end

local function underground(way)
  return way:get_value_by_key('tunnel') == 'yes' or way:get_value_by_key('location') == 'underground'
    or way:get_value_by_key('indoor') == 'yes'
end

local function drivable(way, street)
  if way:get_value_by_key('area') == 'yes' or way:get_value_by_key('impassable') == 'yes' then return false end
  if way:get_value_by_key('oneway') == 'reversible' then return false end
  if way:get_value_by_key('service') == 'emergency_access' then return false end
  if way:get_value_by_key('highway') == 'track' then
    return PASSABLE_TRACKS[way:get_value_by_key('tracktype') or 'none'] == true
  end
  return true
end

local function set_direction(result, side, street, access, speed)
  local closed = access and access.verdict == 'closed' or (street.only_when_allowed and not access)
  if closed or speed <= 0 then
    result[side .. '_mode'] = mode.inaccessible
    return
  end
  result[side .. '_speed'] = speed
  result[side .. '_rate'] = speed / 3.6 * street.appeal
  -- access=yes on a pedestrian street invites people on foot; only a tag about vehicles opens it, and then locally.
  if access and access.verdict == 'local' or street.only_when_allowed then
    result[side .. '_restricted'] = true
  end
end

local function ferry(way, result)
  local forward, backward = access_of(way)
  if not (forward and forward.verdict ~= 'closed') then return end  -- a ferry takes lorries only where it says so
  result.forward_mode, result.backward_mode = mode.ferry, mode.ferry
  local duration = way:get_value_by_key('duration')
  if duration and durationIsValid(duration) then
    result.duration = math.max(parseDuration(duration), 1)
    result.weight = result.duration
  else
    result.forward_speed, result.backward_speed = FERRY_KMH, FERRY_KMH
    result.forward_rate, result.backward_rate = FERRY_KMH / 3.6, FERRY_KMH / 3.6
  end
  if backward and backward.verdict == 'closed' then result.backward_mode = mode.inaccessible end
  result.is_startpoint = false
end

function process_way(profile, way, result, relations)
  if way:get_value_by_key('route') == 'ferry' then return ferry(way, result) end
  local highway = way:get_value_by_key('highway')
  local street = HIGHWAYS[highway]
  if not street or not drivable(way, street) then return end

  local data = { highway = highway }
  result.forward_mode, result.backward_mode = mode.driving, mode.driving
  local limit_forward, limit_backward = Tags.get_forward_backward_by_set(way, data, Sequence { 'maxspeed:hgv', 'maxspeed' })
  local forward, backward = access_of(way)
  if street.only_when_allowed then
    forward = forward and forward.key ~= 'access' and forward or nil
    backward = backward and backward.key ~= 'access' and backward or nil
  end
  set_direction(result, 'forward', street, forward, speed_of(way, street, limit_forward))
  set_direction(result, 'backward', street, backward, speed_of(way, street, limit_backward))

  local forward_fits, backward_fits = fits(way)
  if not forward_fits then result.forward_mode = mode.inaccessible end
  if not backward_fits then result.backward_mode = mode.inaccessible end
  WayHandlers.oneway(profile, way, result, data)
  if result.forward_mode == mode.inaccessible and result.backward_mode == mode.inaccessible then return end

  result.is_startpoint = not (street.no_stop or underground(way))  -- no bin stands in a tunnel or on a slip road
  WayHandlers.names(profile, way, result, data)
  WayHandlers.roundabouts(profile, way, result, data)
  WayHandlers.classification(profile, way, result, data)
  WayHandlers.driving_side(profile, way, result, data)
end

local function blocks(node, barrier)
  for _, key in ipairs(ACCESS_KEYS) do
    local value = node:get_value_by_key(key)
    if value then return verdict(key, value) == 'closed' end
  end
  if node:get_value_by_key('bollard') == 'rising' then return false end
  local height_m = Measure.get_max_height(node:get_value_by_key('maxheight'), node)
  if height_m and height_m < TRUCK.height_m then return true end
  return barrier and not BARRIER_S[barrier]
end

function process_node(profile, node, result, relations)
  local barrier = node:get_value_by_key('barrier')
  if blocks(node, barrier) then
    obstacle_map:add(node, Obstacle.new(obstacle_type.barrier))
  elseif barrier and (BARRIER_S[barrier] or 0) > 0 then
    obstacle_map:add(node, Obstacle.new(obstacle_type.gate, obstacle_direction.both, BARRIER_S[barrier], 0))
  end
  local highway = node:get_value_by_key('highway')
  local wait_s = highway and OBSTACLE_S[highway]
  if wait_s then
    local direction = node:get_value_by_key('traffic_signals:direction') or node:get_value_by_key('direction')
    obstacle_map:add(node, Obstacle.new(obstacle_type[highway], obstacle_direction[direction] or obstacle_direction.none,
      wait_s, 0))
  end
end

function process_turn(profile, turn)
  for _, obstacle in pairs(obstacle_map:get(turn.from, turn.via)) do
    turn.duration = turn.duration + obstacle.duration
  end
  if turn.source_mode ~= turn.target_mode then
    turn.duration = turn.duration + BOARDING_S
  elseif turn.is_u_turn then
    turn.duration = turn.duration + U_TURN_S
  elseif turn.number_of_roads > 2 then
    local sharpness = math.sin(math.rad(turn.angle) / 2) ^ 2  -- 0 straight on, 1/2 at a right angle, 1 turned round
    turn.duration = turn.duration + TURN_MAX_S * sharpness
    local to_the_left = turn.angle < 0
    local roundabout = turn.source_is_roundabout or turn.target_is_roundabout
    if to_the_left ~= turn.is_left_hand_driving and not roundabout then
      turn.duration = turn.duration + 2 * CROSSING_TRAFFIC_S * sharpness
    end
  end
  turn.weight = turn.duration
  if not turn.source_restricted and turn.target_restricted then
    turn.weight = constants.max_turn_weight  -- entering a local street: only when the drive ends there
  end
end

return { setup = setup, process_way = process_way, process_node = process_node, process_turn = process_turn }
