#include "fuzz/target.hpp"
#include "host/wire/connection_messages.hpp"
#include "host/wire/self_test_messages.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina::fuzz {

/// The bodies of messages between gateway and worker: the first octet selects the kind.
FUZZ_TARGET(worker_message) {
  Pieces pieces(input);
  const std::uint8_t kind = pieces.octet();
  const BytesView body = pieces.rest();
  switch (kind % 9) {
    case 0:
      if (const auto request = decode_request(body)) {
        const auto again = decode_request(encode_request(*request));
        FUZZ_EXPECT(again && again->method == request->method && again->cookie == request->cookie &&
                    again->access_code == request->access_code);
      }
      return;
    case 1:
      if (const auto reply = decode_reply(body)) {
        FUZZ_EXPECT(reply->status >= 200 && reply->status < 600);
        const auto again = decode_reply(encode_reply(*reply));
        // Boost.JSON writes a number that is too large for a double in a form that it does not read.
        if (again) {
          FUZZ_EXPECT(again->status == reply->status && again->participant == reply->participant &&
                      again->affinity == reply->affinity);
        }
      }
      return;
    case 2:
      if (const auto connect = decode_connect(body)) {
        const auto again = decode_connect(encode_connect(*connect));
        FUZZ_EXPECT(again && again->participant == connect->participant && again->address == connect->address);
      }
      return;
    case 3:
      if (const auto owner = decode_accept(body))
        FUZZ_EXPECT(decode_accept(encode_accept(*owner))->text() == owner->text());
      return;
    case 4:
      if (const auto credit = decode_credit(body)) FUZZ_EXPECT(decode_credit(encode_credit(*credit)) == credit);
      if (const auto credit = decode_frame_credit(body)) {
        FUZZ_EXPECT(decode_frame_credit(encode_frame_credit(*credit)) == credit);
        FUZZ_EXPECT(!decode_credit(body));
      }
      return;
    case 5:
      FUZZ_EXPECT(decode_end(encode_end(decode_end(body))) == decode_end(body));
      return;
    case 6:
      encode_numbers(decode_numbers(body));
      return;
    case 7:
      if (const auto entry = decode_self_test_entry(body)) decode_self_test_entry(encode_self_test_entry(*entry));
      return;
    default:
      if (const auto left = decode_sandboxes_left(body))
        FUZZ_EXPECT(decode_sandboxes_left(encode_sandboxes_left(*left)) == left);
      encode_log_lines(decode_log_lines(body));
  }
}

}  // namespace tellina::fuzz
