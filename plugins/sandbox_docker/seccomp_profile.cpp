#include "plugins/sandbox_docker/seccomp_profile.hpp"

#include <seccomp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <set>
#include <vector>

#include "plugins/sandbox_common/system_calls.hpp"

namespace tellina::docker_sandbox {
namespace {

namespace json = boost::json;
using namespace sandbox_common;

constexpr int most_calls = 1024;  // all system call numbers are below this

json::object make_rule(json::array names, const char* action) {
  return {{"names", std::move(names)}, {"action", action}};
}

json::object refuse(json::array names, int error) {
  json::object rule = make_rule(std::move(names), "SCMP_ACT_ERRNO");
  rule["errnoRet"] = error;
  return rule;
}

json::object allow(const char* name) { return make_rule({name}, "SCMP_ACT_ALLOW"); }

json::object with_argument(json::object rule, unsigned index, const char* compare, std::uint64_t value,
                           std::uint64_t second = 0) {
  rule["args"] = json::array{json::object{{"index", index}, {"value", value}, {"valueTwo", second}, {"op", compare}}};
  return rule;
}

/// Rules that together allow every value except some. A filter can't express "not equal to any of these", but it can
/// name bits by which a value differs from all of them.
void allow_others(json::array& rules, const char* name, unsigned index, const std::vector<std::uint64_t>& refused,
                  std::uint64_t mask, std::uint64_t value, unsigned bit) {
  for (const std::uint64_t digit : {0U, 1U}) {
    const std::uint64_t longer_mask = mask | std::uint64_t{1} << bit;
    const std::uint64_t longer_value = value | digit << bit;
    const bool is_free = std::none_of(refused.begin(), refused.end(),
                                      [&](std::uint64_t other) { return (other & longer_mask) == longer_value; });
    if (is_free) {
      rules.push_back(with_argument(allow(name), index, "SCMP_CMP_MASKED_EQ", longer_mask, longer_value));
    } else if (bit > 0) {
      allow_others(rules, name, index, refused, longer_mask, longer_value, bit - 1);
    }
  }
}

void add_clone(json::array& rules) {
  std::uint64_t all = 0;
  for (const unsigned long flag : namespace_flags) {
    all |= flag;
    rules.push_back(with_argument(refuse({"clone"}, EPERM), 0, "SCMP_CMP_MASKED_EQ", flag, flag));
  }
  rules.push_back(with_argument(allow("clone"), 0, "SCMP_CMP_MASKED_EQ", all, 0));
}

void add_socket(json::array& rules) {
  for (int family = 0; family <= last_family; ++family) {
    const bool is_refused = std::count(std::begin(refused_families), std::end(refused_families), family) > 0;
    json::object rule = is_refused ? refuse({"socket"}, EAFNOSUPPORT) : allow("socket");
    rules.push_back(with_argument(std::move(rule), 0, "SCMP_CMP_EQ", static_cast<std::uint64_t>(family)));
  }
  rules.push_back(with_argument(refuse({"socket"}, EAFNOSUPPORT), 0, "SCMP_CMP_GT", last_family));
}

}  // namespace

std::string make_seccomp_profile() {
  json::array rules;
  std::set<std::string> named = {"clone", "socket", "ioctl"};
  json::array allowed, refused, missing;
  for (const char* call : allowed_calls) {
    if (named.insert(call).second) allowed.emplace_back(call);
  }
  for (const char* call : refused_calls) {
    if (named.insert(call).second) refused.emplace_back(call);
  }
  // The engine refuses calls without a rule with EPERM. Naming all other calls is the only way to another error that
  // works in every version.
  for (int number = 0; number < most_calls; ++number) {
    char* const name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name != nullptr && named.insert(name).second) missing.emplace_back(name);
    std::free(name);
  }
  rules.push_back(make_rule(std::move(allowed), "SCMP_ACT_ALLOW"));
  rules.push_back(refuse(std::move(refused), EPERM));
  rules.push_back(refuse(std::move(missing), ENOSYS));
  add_clone(rules);
  add_socket(rules);
  allow_others(rules, "ioctl", 1, {std::begin(refused_requests), std::end(refused_requests)}, 0, 0, 31);
  for (const unsigned long request : refused_requests) {
    rules.push_back(with_argument(refuse({"ioctl"}, EPERM), 1, "SCMP_CMP_MASKED_EQ", 0xffffffffU, request));
  }
  const json::object profile = {
      {"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", ENOSYS}, {"syscalls", std::move(rules)}};
  return json::serialize(profile);
}

}  // namespace tellina::docker_sandbox
