#pragma once

/// The limit on the file descriptors of this process (RLIMIT_NOFILE).

#include <cstddef>

#include "tellina/error.hpp"

namespace tellina {

/// Raises the soft limit to the hard one and returns the limit that is in force then. Programs that this process starts
/// inherit it: a program that may use select(2) needs a lower one, see sdk/template/sandbox/supervisor.cpp.
std::size_t raise_descriptor_limit();

/// Too few descriptors are free. Other processes may close some later.
class DescriptorShortage : public Error {
 public:
  using Error::Error;
};

/// Throws DescriptorShortage if this process cannot open `count` more descriptors now, because of its own limit or the
/// machine's. Other threads and processes may use them afterwards.
void require_free_descriptors(std::size_t count);

}  // namespace tellina
