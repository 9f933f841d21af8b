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

json::object condition(unsigned index, const char* compare, std::uint64_t value, std::uint64_t second = 0) {
  return {{"index", index}, {"value", value}, {"valueTwo", second}, {"op", compare}};
}

/// The condition on an argument that the kernel takes as an int: it ignores the upper half.
json::object int_condition(unsigned index, std::uint64_t value) {
  constexpr std::uint64_t lower_half = 0xffffffffU;
  return condition(index, "SCMP_CMP_MASKED_EQ", lower_half, value & lower_half);
}

json::object where(json::object rule, json::array conditions) {
  rule["args"] = std::move(conditions);
  return rule;
}

json::array is_option(const SocketOption& option) {
  return {int_condition(1, static_cast<std::uint64_t>(option.level)),
          int_condition(2, static_cast<std::uint64_t>(option.name))};
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
      rules.push_back(where(allow(name), {condition(index, "SCMP_CMP_MASKED_EQ", longer_mask, longer_value)}));
    } else if (bit > 0) {
      allow_others(rules, name, index, refused, longer_mask, longer_value, bit - 1);
    }
  }
}

void add_clone(json::array& rules) {
  std::uint64_t all = 0;
  for (const unsigned long flag : namespace_flags) {
    all |= flag;
    rules.push_back(where(refuse({"clone"}, EPERM), {condition(0, "SCMP_CMP_MASKED_EQ", flag, flag)}));
  }
  rules.push_back(where(allow("clone"), {condition(0, "SCMP_CMP_MASKED_EQ", all, 0)}));
}

/// Allows every value except the refused ones. The kernel takes the argument as an int.
template <class Values>
void add_int_argument(json::array& rules, const char* name, unsigned index, const Values& refused) {
  std::vector<std::uint64_t> values;
  for (const auto value : refused) values.push_back(static_cast<std::uint64_t>(value));
  allow_others(rules, name, index, values, 0, 0, 31);
  for (const std::uint64_t value : values) {
    rules.push_back(where(refuse({name}, EPERM), {int_condition(index, value)}));
  }
}

void add_socket(json::array& rules) {
  for (int number = 0; number <= last_family; ++number) {
    const json::object family = condition(0, "SCMP_CMP_EQ", static_cast<std::uint64_t>(number));
    if (std::count(std::begin(refused_families), std::end(refused_families), number) > 0) {
      rules.push_back(where(refuse({"socket"}, EAFNOSUPPORT), {family}));
      continue;
    }
    for (const int protocol : allowed_protocols) {
      rules.push_back(where(allow("socket"), {family, int_condition(2, static_cast<std::uint64_t>(protocol))}));
    }
    rules.push_back(where(refuse({"socket"}, EPROTONOSUPPORT), {family, condition(2, "SCMP_CMP_GT", last_protocol)}));
  }
  rules.push_back(where(refuse({"socket"}, EAFNOSUPPORT), {condition(0, "SCMP_CMP_GT", last_family)}));
}

void add_socket_options(json::array& rules) {
  for (const SocketOption& option : allowed_socket_options) {
    rules.push_back(where(allow("setsockopt"), is_option(option)));
  }
  for (const SocketOption& option : refused_socket_options) {
    rules.push_back(where(refuse({"setsockopt"}, EPERM), is_option(option)));
  }
}

}  // namespace

std::string make_seccomp_profile() {
  json::array rules;
  std::set<std::string> named = {"clone", "socket", "setsockopt", "ioctl", "fcntl"};
  json::array allowed, refused, missing;
  for (const char* call : allowed_calls) {
    if (named.insert(call).second) allowed.emplace_back(call);
  }
  for (const char* call : refused_calls) {
    if (named.insert(call).second) refused.emplace_back(call);
  }
  // Some versions of the engine ignore the default error and refuse calls without a rule with EPERM. The only way to
  // another error that works in every version is a rule for each remaining call.
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
  add_socket_options(rules);
  add_int_argument(rules, "ioctl", 1, refused_requests);
  add_int_argument(rules, "fcntl", 1, refused_descriptor_commands);
  const json::object profile = {
      {"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", ENOSYS}, {"syscalls", std::move(rules)}};
  return json::serialize(profile);
}

}  // namespace tellina::docker_sandbox
