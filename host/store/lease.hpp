#pragma once

#include "host/store/transaction.hpp"

namespace tellina {

/// A row of the table leases.
class Transaction::Lease {
 public:
  Lease() = default;
  ParticipantId participant = 0;
  std::string worker;  ///< empty where nobody owns it
  std::string previous_worker;
  std::int64_t fence = 0;
  std::string boot_id;
  MonotonicTime renewed{};
  bool released_in_order = false;
  double age_in_seconds = 0;  ///< of the last renewal, by the wall clock: it goes on over a restart of the machine
};

}  // namespace tellina
