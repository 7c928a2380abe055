-- KEYS: 1 log. ARGV: 1 a message's id in the stream, 2 its id, 3 its author. Answers 1 if it was deleted, 0 if it is there or older than the log.
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) > 0 then return 0 end
local function fields_of(entry)
  local f, t = entry[2], {}
  for i = 1, #f, 2 do t[f[i]] = f[i + 1] end
  return t
end
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', '1')
if #oldest == 0 then return 0 end
-- The log has everything after this that was not deleted.
local before = fields_of(oldest[1]).p
if ARGV[2] ~= before then return ARGV[2] > before and 1 or 0 end
-- Right before the oldest that is kept: it was the oldest one, and deleted, or it was trimmed.
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local e = fields_of(entry)
  if e.k == 'deleted' and string.find(e.b, '"message_id":"' .. ARGV[2] .. '"', 1, true) then return 1 end
  if e.k == 'cleared' and (e.a == '' or e.a == ARGV[3]) then return 1 end
end
return 0
