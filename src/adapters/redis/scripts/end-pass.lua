-- The pass is over: the next one need not wait. ARGV: unused token
if redis.call('GET', P .. 'pass') == ARGV[2] then redis.call('DEL', P .. 'pass') end
return { 'ok' }
