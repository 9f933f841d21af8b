#include "host/store/store.hpp"

#include <future>

#include "host/runtime/log_event.hpp"
#include "host/runtime/system.hpp"
#include "host/store/opening.hpp"
#include "host/store/writer.hpp"

namespace tellina {

bool StoreError::is_temporary() const {
  switch (code()) {
    case ErrorCode::unavailable:
    case ErrorCode::permission_denied:
    case ErrorCode::busy:
    case ErrorCode::timed_out:
      return true;
    default:
      return false;
  }
}

LeaseLost::LeaseLost(const Fence& fence)
    : Error(ErrorCode::gone, "worker " + fence.worker + " no longer owns participant " +
                                 participant_label(fence.participant) + " (fence " + std::to_string(fence.number) +
                                 ")") {}

std::unique_ptr<Store> Store::open(const std::string& path, const Clock& clock, Log& log, Durability durability,
                                   Opening opening) {
  auto database = open_database(path, opening, clock, log);
  if (durability == Durability::commit) database->run_script("PRAGMA synchronous = FULL");
  return std::make_unique<Writer>(std::move(database), clock, log, boot_id(), durability == Durability::second);
}

void Store::run(const Job& job) {
  // Shared, because the waiting thread may continue before the store's thread has left set_value().
  const auto finished = std::make_shared<std::promise<void>>();
  submit(job, [finished](std::exception_ptr error) {
    if (error) {
      finished->set_exception(error);
    } else {
      finished->set_value();
    }
  });
  finished->get_future().get();
}

}  // namespace tellina
