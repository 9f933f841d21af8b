#pragma once

#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

/// Two programs for the kernel's system call filter, each in a memory file that launchers read. A call must pass both.
class SystemCallFilter {
 public:
  /// Throws Error(internal) if libseccomp can't create them.
  SystemCallFilter();

  /// Allows the calls that shell programs need. All others return "function not implemented", as on an older kernel, so
  /// that a C library falls back to older calls.
  const Descriptor& allow() const { return m_allow; }
  /// Refuses calls that are dangerous or beyond a sandbox's limits, with the error that the manual pages name.
  const Descriptor& refuse() const { return m_refuse; }

 private:
  Descriptor m_allow;
  Descriptor m_refuse;
};

}  // namespace tellina::chroot_sandbox
