-- What all scripts of a room begin with. Times are the server's, milliseconds; ids are 18 hex digits.
-- KEYS: 1 log, 2 last, 3 channel, 4 generation, 5 presence, 6 … the script's own.
-- ARGV: 1 floor (the highest id the node has seen), 2 events to keep, 3 ms to keep them, 4 ms that last and generation outlive them,
--  5 seconds a nonce is remembered, 6 ms to settle, 7 node, 8 the log as the node knows it, ID@MASTER#MERGES ('': the room is not open there),
--  9 servers that the node has known for a while, 10 ms a presence counts, 11 … the script's own.
-- The generation is a hash: id, master (the server's replication id), merges (how often events came into the middle of the log), until (end
-- of settling, 0: settled), base (up to where a node that knew the log before has nothing to bring), prior (the log before this server), late_from and late_to
-- (where nodes brought something, and how far the log went then: whoever saw it there before may lack some), w:NODE for each node that is waited for (w:*: somebody unknown).
local ZERO = '000000000000000000'
local function num(x) return string.format('%.0f', x) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local info = redis.call('INFO', 'replication')
local master = string.match(info, 'master_replid:(%x+)')
local replicas = string.match(info, 'connected_slaves:(%d+)') or '0'

local function hex_of(stream_id)
  local ms, seq = string.match(stream_id, '(%d+)-(%d+)')
  return string.format('%012x%06x', tonumber(ms), tonumber(seq))
end
local function stream_of(id)
  return num(tonumber(string.sub(id, 1, 12), 16)) .. '-' .. num(tonumber(string.sub(id, 13), 16))
end
local function fields_of(entry)
  local f, t = entry[2], {}
  for i = 1, #f, 2 do t[f[i]] = f[i + 1] end
  return t
end
local last_known
local function last_id()
  last_known = last_known or redis.call('GET', KEYS[2]) or ZERO
  return last_known
end
local function publish(payload) redis.call('SPUBLISH', KEYS[3], payload) end

local gen = {}
local function load_generation()
  local g = redis.call('HMGET', KEYS[4], 'id', 'master', 'until', 'base', 'prior', 'merges')
  gen.id, gen.master, gen.prior, gen.merges = g[1] or '', g[2] or '', g[5] or '', g[6] or '0'
  gen.till, gen.base = tonumber(g[3] or '0'), g[4] or ZERO
end
local function awaited()
  local names = {}
  for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
    if string.sub(field, 1, 2) == 'w:' then names[#names + 1] = field end
  end
  return names
end
local function known() return gen.id .. '@' .. gen.master .. '#' .. gen.merges end
local function settled()
  gen.till = 0
  redis.call('HSET', KEYS[4], 'until', '0')
  publish('settled\n' .. gen.id)
end
-- Nodes in the room whose presence counts.
local function present()
  local nodes, all = {}, redis.call('HGETALL', KEYS[5])
  for i = 1, #all, 2 do
    local at = string.match(all[i + 1], ':(%d+)$')
    if at and now - at < tonumber(ARGV[10]) then nodes[#nodes + 1] = all[i] end
  end
  return nodes
end
-- Another server, or one without its data: nothing is read or written until those that may have events it lacks have brought them.
local function begin(waited_for)
  for _, field in ipairs(awaited()) do redis.call('HDEL', KEYS[4], field) end
  gen.prior = known()
  gen.master, gen.till = master, 0
  if #waited_for > 0 then gen.till = now + ARGV[6] end
  redis.call('HSET', KEYS[4], 'id', gen.id, 'master', master, 'until', num(gen.till), 'base', gen.base,
    'prior', gen.prior)
  for _, node in ipairs(waited_for) do redis.call('HSET', KEYS[4], 'w:' .. node, '1') end
  redis.call('PEXPIRE', KEYS[4], ARGV[4])
  if gen.till > 0 then publish('settle\n' .. gen.id) end
end
-- Whether a node that knows nothing of the room may take a missing generation for a new room: not when the server is new to it.
local function is_new_room()
  return ARGV[8] == '' and (ARGV[9] == '' or string.find(ARGV[9], master, 1, true) ~= nil)
end
local function look()
  load_generation()
  if gen.id == '' then
    gen.id, gen.base = num(now) .. '-' .. string.sub(master, 1, 12), ZERO
    if is_new_room() then begin({}) else begin({'*'}) end
  elseif gen.master ~= master then
    gen.base = last_id()
    begin(present())
  elseif gen.till > 0 and now >= gen.till then
    settled()
  end
end
-- Whether this node may read and write now: the log is settled, and this node has compared what it remembers with it since the server
-- changed or others brought something.
local function usable()
  look()
  return gen.till == 0 and (ARGV[8] == '' or ARGV[8] == known()) and ARGV[1] <= last_id()
end
-- The id from which on the node has to bring what it remembers, and the log as it is now; all of it if it does not come from this server or the log before.
local function unsettled()
  local base, here = ZERO, gen.id .. '@' .. gen.master .. '#'
  if ARGV[8] == gen.prior or string.sub(ARGV[8], 1, #here) == here then base = gen.base end
  return {'unsettled', master, replicas, base, known()}
end
local function done(...) return {'ok', master, replicas, ...} end

-- Age is looked at once in so many milliseconds of the room's time; keys are kept as much longer.
local TRIMS = math.min(60000, math.max(1, math.floor(ARGV[3] / 60)))
local function trim()
  redis.call('XTRIM', KEYS[1], 'MINID', '~', num(math.max(0, now - ARGV[3])) .. '-0')
  redis.call('PEXPIRE', KEYS[1], num(ARGV[3] + TRIMS))
  redis.call('PEXPIRE', KEYS[4], num(ARGV[4] + TRIMS))
end
-- What it shows of another message (may be nothing) is told and not kept. So is the trace that it is a part of (nil or '': of none), behind a blank that
-- nodes which do not know it read no further than.
local function append(kind, author, nonce, body, shown, trace)
  local last = last_id()
  local ms, seq = tonumber(string.sub(last, 1, 12), 16), tonumber(string.sub(last, 13), 16)
  local ages = math.floor(now / TRIMS) ~= math.floor(ms / TRIMS)
  if now > ms then ms, seq = now, 0
  elseif seq < 16777215 then seq = seq + 1
  else ms, seq = ms + 1, 0 end
  local id = string.format('%012x%06x', ms, seq)
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], num(ms) .. '-' .. num(seq),
    'p', last, 'k', kind, 'a', author, 'n', nonce, 'b', body)
  if ages then trim() end
  redis.call('SET', KEYS[2], id, 'PX', ARGV[4])
  last_known = id
  local server = string.sub(master, 1, 12)
  if trace and trace ~= '' then server = server .. ' ' .. trace end
  publish(table.concat({id, last, server, kind, author, nonce, body, shown}, '\n'))
  return id
end
-- The work, once for the memory key KEYS[6]: a repeat gets the first one's id.
local function once(work)
  local last, seen = unpack(redis.call('MGET', KEYS[2], KEYS[6]))
  last_known = last or ZERO
  if not usable() then return unsettled() end
  if seen then return done(seen, '1') end
  local id = work()
  if id ~= '' and id ~= '-' then redis.call('SET', KEYS[6], id, 'EX', ARGV[5], 'NX') end
  return done(id, '0')
end
