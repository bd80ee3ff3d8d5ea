-- All manifests were swept late enough after the loss was seen: the shard is whole. A loss seen anew
-- meanwhile has another instant and is not confirmed. ARGV: unused lost_since
if redis.call('GET', P .. 'lost') ~= ARGV[2] then return { 'raced' } end
redis.call('DEL', P .. 'lost')
redis.call('SET', P .. 'sentinel', n(NOW))
return { 'confirmed' }
