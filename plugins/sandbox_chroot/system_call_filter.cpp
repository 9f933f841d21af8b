#include "plugins/sandbox_chroot/system_call_filter.hpp"

#include <seccomp.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "plugins/sandbox_common/deadline.hpp"
#include "plugins/sandbox_common/system_calls.hpp"
#include "plugins/sandbox_common/tree_codec.hpp"

namespace tellina::chroot_sandbox {

using namespace sandbox_common;

namespace {

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : m_context(seccomp_init(otherwise), &seccomp_release) {
    if (!m_context) throw Error(ErrorCode::internal, "create a system call filter: libseccomp has refused");
    // A binary tree instead of a list, because every call of every program passes through it.
    seccomp_attr_set(m_context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  /// Calls that this machine's kernel or libseccomp does not know need no rule.
  void add(std::uint32_t action, const char* call) {
    const int number = seccomp_syscall_resolve_name(call);
    if (number >= 0) check(seccomp_rule_add(m_context.get(), action, number, 0), call);
  }

  void add(std::uint32_t action, const char* call, const scmp_arg_cmp& condition) {
    const int number = seccomp_syscall_resolve_name(call);
    check(seccomp_rule_add_array(m_context.get(), action, number, 1, &condition), call);
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

Descriptor make_allow() {
  Filter filter(SCMP_ACT_ERRNO(ENOSYS));
  for (const char* call : allowed_calls) filter.add(SCMP_ACT_ALLOW, call);
  return filter.save("allowed_calls");
}

Descriptor make_refuse() {
  Filter filter(SCMP_ACT_ALLOW);
  for (const char* call : refused_calls) filter.add(SCMP_ACT_ERRNO(EPERM), call);
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  for (const unsigned long flag : namespace_flags) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "clone", argument(0, SCMP_CMP_MASKED_EQ, flag, flag));
  }
  for (const unsigned long request : refused_requests) {
    filter.add(SCMP_ACT_ERRNO(EPERM), "ioctl", argument(1, SCMP_CMP_MASKED_EQ, 0xffffffffU, request));
  }
  filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", argument(0, SCMP_CMP_GT, static_cast<scmp_datum_t>(last_family)));
  for (const int family : refused_families) {
    filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
  }
  return filter.save("refused_calls");
}

}  // namespace

SystemCallFilter::SystemCallFilter() : m_allow(make_allow()), m_refuse(make_refuse()) {}

}  // namespace tellina::chroot_sandbox
