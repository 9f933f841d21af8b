#pragma once

#include "tellina/descriptor.hpp"

namespace tellina::chroot_sandbox {

/// Two programs for the kernel's system call filter, each in a memory file that launchers read. Both must let a call
/// through.
class SystemCallFilter {
 public:
  /// Throws Error(internal) where libseccomp can't make them.
  SystemCallFilter();

  /// Lets through what programs of a shell need; to all else it says "function not implemented", as an older kernel
  /// would, so that a C library falls back to what there is.
  const Descriptor& allow() const { return m_allow; }
  /// Refuses what is dangerous or beyond the limits of a sandbox, with the error that the manual pages name.
  const Descriptor& refuse() const { return m_refuse; }

 private:
  Descriptor m_allow;
  Descriptor m_refuse;
};

}  // namespace tellina::chroot_sandbox
