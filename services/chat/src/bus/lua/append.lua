-- ARGV: 11 kind, 12 author, 13 nonce, 14 body.
return once(function() return append(ARGV[11], ARGV[12], ARGV[13], ARGV[14]) end)
