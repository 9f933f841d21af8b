#include "plugins/sandbox_chroot/system_call_filter.hpp"

#include <seccomp.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_common/system_calls.hpp"
#include "plugins/sandbox_common/tree_codec.hpp"

namespace tellina::chroot_sandbox {

using namespace sandbox_common;

namespace {

class Filter {
 public:
  explicit Filter(std::uint32_t default_action) : m_context(seccomp_init(default_action), &seccomp_release) {
    if (!m_context) throw Error(ErrorCode::internal, "create a system call filter: libseccomp has refused");
    // A binary tree instead of a list, because every call of every program passes through it.
    seccomp_attr_set(m_context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  /// Calls that this machine's kernel or libseccomp does not know need no rule.
  void add(std::uint32_t action, const char* call) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number >= 0) check(seccomp_rule_add(m_context.get(), action, number, 0), call);
  }

  /// For calls that meet all conditions.
  void add(std::uint32_t action, const char* call, const std::vector<scmp_arg_cmp>& conditions) {
    const int number = seccomp_syscall_resolve_name(call);
    const auto count = static_cast<unsigned>(conditions.size());
    check(seccomp_rule_add_array(m_context.get(), action, number, count, conditions.data()), call);
  }

  Descriptor save(const char* name) const {
    Descriptor file = make_memory_file(name);
    check(seccomp_export_bpf(m_context.get(), file.get()), name);
    return file;
  }

 private:
  static void check(int result, const char* what) {
    if (result != 0)
      throw system_error(std::string("create a system call filter: ") + what, -result, ErrorCode::internal);
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> m_context;
};

scmp_arg_cmp argument(unsigned number, scmp_compare compare, scmp_datum_t first, scmp_datum_t second = 0) {
  return {number, compare, first, second};
}

/// The condition on an argument that the kernel takes as an int: it ignores the upper half.
scmp_arg_cmp int_argument(unsigned number, std::uint64_t value) {
  return argument(number, SCMP_CMP_MASKED_EQ, 0xffffffffU, value & 0xffffffffU);
}

std::vector<scmp_arg_cmp> is_option(const SocketOption& option) {
  return {int_argument(1, static_cast<std::uint64_t>(option.level)),
          int_argument(2, static_cast<std::uint64_t>(option.name))};
}

Descriptor make_allow() {
  Filter filter(SCMP_ACT_ERRNO(ENOSYS));
  for (const char* call : allowed_calls) filter.add(SCMP_ACT_ALLOW, call);
  for (const int protocol : allowed_protocols) {
    filter.add(SCMP_ACT_ALLOW, "socket", {int_argument(2, static_cast<std::uint64_t>(protocol))});
  }
  for (const SocketOption& option : allowed_socket_options) {
    filter.add(SCMP_ACT_ALLOW, "setsockopt", is_option(option));
  }
  return filter.save("allowed_calls");
}

Descriptor make_refuse() {
  Filter filter(SCMP_ACT_ALLOW);
  for (const char* call : refused_calls) filter.add(SCMP_ACT_ERRNO(EPERM), call);
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  for (const unsigned long flag : namespace_flags) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "clone", {argument(0, SCMP_CMP_MASKED_EQ, flag, flag)});
  }
  for (const unsigned long request : refused_requests) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "ioctl", {int_argument(1, request)});
  }
  for (const int command : refused_descriptor_commands) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "fcntl", {int_argument(1, static_cast<std::uint64_t>(command))});
  }
  for (const SocketOption& option : refused_socket_options) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "setsockopt", is_option(option));
  }
  filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket",
             {argument(0, SCMP_CMP_GT, static_cast<scmp_datum_t>(last_family))});
  for (const int family : refused_families) {
    filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", {argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family))});
  }
  for (const int family : {AF_INET, AF_INET6}) {
    filter.add(SCMP_ACT_ERRNO(EPROTONOSUPPORT), "socket",
               {argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)),
                argument(2, SCMP_CMP_GT, static_cast<scmp_datum_t>(last_protocol))});
  }
  return filter.save("refused_calls");
}

}  // namespace

SystemCallFilter::SystemCallFilter() : m_allow(make_allow()), m_refuse(make_refuse()) {}

}  // namespace tellina::chroot_sandbox
