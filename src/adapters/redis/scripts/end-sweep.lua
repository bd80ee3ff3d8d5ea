-- As far as the walk has come; '' at its end, and then it was a whole one. Only who still holds the part
-- may tell. ARGV: unused token began cursor
if redis.call('GET', P .. 'sweeping') ~= ARGV[2] then return { 'lost' } end
redis.call('DEL', P .. 'sweeping')
if ARGV[4] == '' then
  redis.call('DEL', P .. 'sweep')
  redis.call('HSET', P .. 'sweep', 'whole', ARGV[3])
else
  redis.call('HSET', P .. 'sweep', 'cursor', ARGV[4], 'began', ARGV[3])
end
return { 'ok' }
