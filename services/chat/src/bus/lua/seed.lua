-- A node brings what it remembers, and is not waited for any more. With nothing to bring: it opens the room.
-- KEYS: 6 … memory keys of nonces.
-- ARGV: 11 id after which the events are all that the node knows, 12 the last id it gave out, 13 the log as it was when the node was told from
--  where on to bring ('': not told), 14 number of nodes in the room it knows, 15 … those nodes, then seven of each event: id, id before it, kind, author, nonce, body, number of its memory key or 0.
-- Answers generation and server, 1 if settled, the last id, how many events were added, how many others stand in their place, and how many
-- there are that this node has given out and the log has not, or the other way round; then the nodes in the room, and late_from and late_to.
look()
local was_settled = gen.till == 0
local node = ARGV[7]
local log_now, roster_size = known(), tonumber(ARGV[14])
if ARGV[8] ~= '' and redis.call('HDEL', KEYS[4], 'w:*') == 1 then
  -- The first who remembers the room says who else may.
  for i = 15, 14 + roster_size do redis.call('HSET', KEYS[4], 'w:' .. ARGV[i], '1') end
end
-- Whoever opens a room is waited for from then on.
if redis.call('HSETNX', KEYS[5], node, '0:' .. num(now)) == 1 then
  redis.call('PEXPIRE', KEYS[5], ARGV[10])
  publish('opened\n' .. node)
end

local mine, order = {}, {}
for i = 15 + roster_size, #ARGV, 7 do
  local e = {id = ARGV[i], p = ARGV[i + 1], k = ARGV[i + 2], a = ARGV[i + 3], n = ARGV[i + 4], b = ARGV[i + 5],
    memory = tonumber(ARGV[i + 6])}
  mine[e.id] = e
  order[#order + 1] = e
end
local added, clashes, strange, in_place, lowest = {}, 0, 0, false, nil
local function ms_of(id) return tonumber(string.sub(id, 1, 12), 16) end
if #order > 0 or ARGV[12] > ARGV[11] then
  local all, have, said = {}, {}, {}
  local function name(e) return e.a .. '\n' .. e.n end
  local function stands(e)
    all[#all + 1] = e
    if e.k == 'message' and e.n ~= '' then said[name(e)] = e end
  end
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
    local e = fields_of(entry)
    e.id = hex_of(entry[1])
    have[e.id] = e
    stands(e)
  end
  local top = last_id()
  if #all > 0 and all[#all].id > top then top = all[#all].id end
  for _, e in ipairs(order) do
    local other, twin = have[e.id], said[name(e)]
    if not other and twin and e.k == 'message' and math.abs(ms_of(twin.id) - ms_of(e.id)) < ARGV[5] * 1000 then
      -- It was said again under its nonce while nobody here knew of this one: one of the two stays. Who has shown the other shows the room anew.
      mine[e.id] = nil
      lowest = lowest or e.id
      if e.id <= ARGV[12] then strange = strange + 1 end
    elseif not other then
      stands(e)
    elseif other.a ~= e.a or other.n ~= e.n or other.b ~= e.b then
      clashes = clashes + 1
      mine[e.id] = nil
    end
  end
  table.sort(all, function(x, y) return x.id < y.id end)
  -- What was deleted in one of the two is deleted. Newest first: a deletion counts for what is before it.
  local gone, cleared, everybody, newest_first = {}, {}, false, {}
  for i = #all, 1, -1 do
    local e = all[i]
    if e.k == 'deleted' then
      local target = string.match(e.b, '"message_id":"(%x+)"')
      if target then gone[target] = true end
    elseif e.k == 'cleared' then
      if e.a == '' then everybody = true else cleared[e.a] = true end
    end
    if e.k ~= 'message' or not (gone[e.id] or everybody or cleared[e.a]) then
      newest_first[#newest_first + 1] = e
    elseif have[e.id] then
      redis.call('XDEL', KEYS[1], stream_of(e.id))
    end
  end
  local kept = {}
  for i = #newest_first, 1, -1 do
    local e = newest_first[i]
    kept[#kept + 1] = e
    if not have[e.id] then
      added[#added + 1] = e
      if e.id <= top then in_place = true end
    end
  end
  local function write(e)
    redis.call('XADD', KEYS[1], stream_of(e.id), 'p', e.p, 'k', e.k, 'a', e.a, 'n', e.n, 'b', e.b)
  end
  if in_place then
    -- A stream takes ids upwards only: it is written anew. Everybody compares what is after the lowest of these.
    redis.call('DEL', KEYS[1])
    local before, base = ZERO, ZERO
    for _, e in ipairs(kept) do
      if e.p < before then e.p = before end
      if e.id < added[1].id then base = e.id end
      before = e.id
      write(e)
    end
    gen.merges = tostring(redis.call('HINCRBY', KEYS[4], 'merges', 1))
    if base < gen.base then redis.call('HSET', KEYS[4], 'base', base) end
  else
    for _, e in ipairs(added) do write(e) end
  end
  for _, e in ipairs(kept) do
    if e.id > ARGV[11] and e.id <= ARGV[12] and not mine[e.id] then strange = strange + 1 end
  end
  for _, e in ipairs(added) do
    if e.memory > 0 then redis.call('SET', KEYS[5 + e.memory], e.id, 'EX', ARGV[5], 'NX') end
  end
  if #added > 0 then
    redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[2])
    trim()
  end
end
local last = last_id()
if #order > 0 and order[#order].id > last then last = order[#order].id end
if ARGV[1] > last then last = ARGV[1] end
redis.call('SET', KEYS[2], last, 'PX', ARGV[4])
if #added > 0 and (not lowest or added[1].id < lowest) then lowest = added[1].id end
if lowest then
  -- Who saw the log without these, or another one in its place, and comes back from this part of it may lack some.
  local late = redis.call('HMGET', KEYS[4], 'late_from', 'late_to')
  local from, to = lowest, last
  if not was_settled and gen.base < from then from = gen.base end
  if late[1] and late[1] < from then from = late[1] end
  if late[2] and late[2] > to then to = late[2] end
  redis.call('HSET', KEYS[4], 'late_from', from, 'late_to', to)
end

redis.call('HDEL', KEYS[4], 'w:' .. node)
if gen.till > 0 and #awaited() == 0 then settled() end
if in_place or was_settled and #added > 0 then publish('settle\n' .. gen.id) end
local late = redis.call('HMGET', KEYS[4], 'late_from', 'late_to')
-- Somebody else brought something meanwhile: what this node compared was too little. It is told so by not knowing the log as it is.
local log = known()
if ARGV[13] ~= '' and ARGV[13] ~= log_now then log = ARGV[13] end
return done(log, gen.till == 0 and '1' or '0', last, tostring(#added), tostring(clashes), tostring(strange), present(),
  late[1] or '', late[2] or '')
