-- One delivery asks for the work. Holds: at most one live lease; every grant raises the epoch (I3).
-- A token that already holds it is answered as before. ARGV: id generation token lease_ms
local w = load_work()
if not w then return { 'missing' } end
if w.st == 'ended' then return with_work('ended') end
local generation, token = tonumber(ARGV[2]), ARGV[3]
if works_on(w, token) then
  put_work({ lu = hold_work(ARGV[4]) })
  return with_work('claimed')
end
if generation < int(w, 'gen') then return { 'stale_generation', w.gen } end
if w.st == 'running' and int(w, 'lu') > NOW then return { 'locked', w.lu } end
put_work({
  st = 'running', tok = token, ep = n(int(w, 'ep') + 1), gen = n(generation), at = n(int(w, 'at') + 1),
  lu = hold_work(ARGV[4]), lt = '',
})
return with_work('claimed')
