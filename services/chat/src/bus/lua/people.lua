-- KEYS: 1 names (a sorted set, all scores 0), 2 who they are (name -> JSON), 3 on which nodes they are (name -> ' NODE NODE '), 4 nodes (node -> ms).
-- ARGV: 1 node, 2 ms after which a silent node is gone, 3 'more', 'all' or 'gone', 4 how many come, then name and JSON of each, then the names
-- that go. Answers how many people there are, or '' for a node that is not known and has to tell all of its own.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local node, valid, mode, come = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local function is_on(list, which) return string.find(list, ' ' .. which .. ' ', 1, true) end
local function leave(name, which)
  local list = redis.call('HGET', KEYS[3], name)
  if not list or not is_on(list, which) then return end
  local left = string.gsub(list, ' ' .. which .. ' ', ' ')
  if left == ' ' then
    redis.call('HDEL', KEYS[3], name)
    redis.call('HDEL', KEYS[2], name)
    redis.call('ZREM', KEYS[1], name)
  else redis.call('HSET', KEYS[3], name, left) end
end
local function forget(which)
  local all = redis.call('HGETALL', KEYS[3])
  for i = 1, #all, 2 do if is_on(all[i + 1], which) then leave(all[i], which) end end
  redis.call('HDEL', KEYS[4], which)
end
local nodes = redis.call('HGETALL', KEYS[4])
for i = 1, #nodes, 2 do
  if nodes[i] ~= node and now - nodes[i + 1] >= valid then forget(nodes[i]) end
end
local known = redis.call('HEXISTS', KEYS[4], node) == 1
if mode == 'more' and not known then return '' end
if mode ~= 'more' and known then forget(node) end
if mode ~= 'gone' then
  redis.call('HSET', KEYS[4], node, string.format('%.0f', now))
  for i = 5, 4 + 2 * come, 2 do
    local list = redis.call('HGET', KEYS[3], ARGV[i]) or ' '
    if not is_on(list, node) then redis.call('HSET', KEYS[3], ARGV[i], list .. node .. ' ') end
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
    redis.call('ZADD', KEYS[1], 0, ARGV[i])
  end
  for i = 5 + 2 * come, #ARGV do leave(ARGV[i], node) end
end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
return tostring(redis.call('ZCARD', KEYS[1]))
