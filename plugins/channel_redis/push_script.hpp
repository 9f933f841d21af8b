#pragma once

namespace tellina::redis {

/// Appends as many messages as the channel has room for. Returns how many it appended, and how many the channel now
/// has; -1 if it cannot tell whether it ran before. All writes follow all reads, so an error means that nothing was
/// changed.
///
/// KEYS: the channel, this instance's mark for it. ARGV: batch number; "1" if the mark must exist, because otherwise
/// Redis has lost it; capacity; expiry of the channel and of the mark in milliseconds; the messages.
inline constexpr const char* push_script = R"(
local mark = redis.call('GET', KEYS[2])
if mark then
  local number, taken = string.match(mark, '^(%d+) (%d+)$')
  if number and tonumber(number) >= tonumber(ARGV[1]) then
    if number == ARGV[1] then return {tonumber(taken), redis.call('LLEN', KEYS[1])} end
    return -1
  end
elseif ARGV[2] == '1' then
  return -1
end
local length = redis.call('LLEN', KEYS[1])
local taken = math.max(0, math.min(tonumber(ARGV[3]) - length, #ARGV - 5))
redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. taken, 'PX', ARGV[5])
if taken > 0 then
  redis.call('RPUSH', KEYS[1], unpack(ARGV, 6, 5 + taken))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return {taken, length + taken}
)";

}  // namespace tellina::redis
