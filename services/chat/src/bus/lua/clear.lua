-- ARGV: 11 author whose messages go ('': everybody's), 12 body; 13 the trace, where it is a part of one.
return once(function()
  for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
    local f = fields_of(e)
    if f.k == 'message' and (ARGV[11] == '' or f.a == ARGV[11]) then redis.call('XDEL', KEYS[1], e[1]) end
  end
  return append('cleared', ARGV[11], '', ARGV[12], nil, ARGV[13])
end)
