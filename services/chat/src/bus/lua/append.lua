-- ARGV: 11 kind, 12 author, 13 nonce, 14 body, 15 the id in the stream of the message that it shows ('': none), 16 what it shows of that; 17 the trace,
-- where it is a part of one.
-- What is shown is published and not kept, and only while that message is there. Nothing that is not there is pinned: then it answers ''.
return once(function()
  local shown = ''
  if ARGV[15] ~= '' and #redis.call('XRANGE', KEYS[1], ARGV[15], ARGV[15]) > 0 then shown = ARGV[16] end
  if ARGV[11] == 'pinned' and ARGV[15] ~= '' and shown == '' then return '' end
  return append(ARGV[11], ARGV[12], ARGV[13], ARGV[14], shown, ARGV[17])
end)
