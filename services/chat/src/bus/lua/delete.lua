-- ARGV: 11 the entry's id in the stream, 12 author who alone may ('' for anybody's), 13 body; 14 the trace, where it is a part of one.
-- Answers '' for not kept, '-' for not theirs.
return once(function()
  local e = redis.call('XRANGE', KEYS[1], ARGV[11], ARGV[11])
  if #e == 0 then return '' end
  local f = fields_of(e[1])
  if f.k ~= 'message' then return '' end
  if ARGV[12] ~= '' and ARGV[12] ~= f.a then return '-' end
  redis.call('XDEL', KEYS[1], ARGV[11])
  return append('deleted', f.a, '', ARGV[13], nil, ARGV[14])
end)
