-- KEYS: 1 log. ARGV: ids in the stream. Answers the events of these that are there.
local kept = {}
for _, id in ipairs(ARGV) do
  local e = redis.call('XRANGE', KEYS[1], id, id)
  if #e > 0 then kept[#kept + 1] = e[1] end
end
return kept
