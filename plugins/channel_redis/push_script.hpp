#pragma once

namespace tellina::redis {

/// Appends as many messages as the channel has room for, and returns how many, and how many it holds now; -1 where it
/// can't tell whether it did so before. Every write follows on every read, so that an error means that nothing was
/// done.
///
/// KEYS: the channel, the instance's mark for it. ARGV: batch number, "1" where the mark must exist or Redis has lost
/// it, capacity, expiry of the channel and life of the mark in milliseconds, the messages.
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
