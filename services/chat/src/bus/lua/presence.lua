-- KEYS: 1 presence, 2 last, 3 generation. ARGV: 1 node, 2 its sockets, 3 ms that a count is good for, 4 ms that last and generation are kept.
-- Answers the sockets of all nodes, the last id, the nodes, and the log as ID@MASTER#MERGES (as in room.lua).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '-' then redis.call('HDEL', KEYS[1], ARGV[1])
else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. string.format('%.0f', now)) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local sum, nodes, all = 0, {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local count, at = string.match(all[i + 1], '(%d+):(%d+)')
  if count and now - at < tonumber(ARGV[3]) then
    sum = sum + count
    nodes[#nodes + 1] = all[i]
  else redis.call('HDEL', KEYS[1], all[i]) end
end
local g = redis.call('HMGET', KEYS[3], 'id', 'master', 'merges')
return {tostring(sum), redis.call('GET', KEYS[2]) or '', nodes,
  (g[1] or '') .. '@' .. (g[2] or '') .. '#' .. (g[3] or '0')}
