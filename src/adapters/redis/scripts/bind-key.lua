-- A key comes to stand for a job that has its content already, for so long from now. Holds: one key, one
-- content. ARGV: id key_id content_id key_kept_ms
if is_reused(ARGV[2], ARGV[3]) then return { 'reused' } end
bind_key(ARGV[2], ARGV[3], ARGV[4])
return { 'bound' }
