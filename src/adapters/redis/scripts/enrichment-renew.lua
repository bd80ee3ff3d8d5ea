-- Prolongs the lease; one that lapsed and that nobody took is still its token's. ARGV: id token lease_ms
local w = load_work()
if not w or not works_on(w, ARGV[2]) then return { 'lost' } end
put_work({ lu = hold_work(ARGV[3]) })
return { 'ok' }
