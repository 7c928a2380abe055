-- ARGV: 11 'after' (oldest first) or 'newest' (newest first), 12 the id in the stream after which, 13 most events.
-- Answers the last id that was given out, the id after which the log has everything, and the events.
if not usable() then return unsettled() end
local last = last_id()
local from, oldest = last, redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', '1')
if #oldest > 0 then from = fields_of(oldest[1]).p end
local after = '(' .. ARGV[12]
if ARGV[11] == 'after' then
  return done(last, from, redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', ARGV[13]))
end
return done(last, from, redis.call('XREVRANGE', KEYS[1], '+', after, 'COUNT', ARGV[13]))
