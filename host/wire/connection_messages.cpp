#include "host/wire/connection_messages.hpp"

#include <boost/json.hpp>

#include <charconv>

#include "host/text/json.hpp"
#include "host/wire/frame_fields.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

constexpr std::string_view frames_mark = "frames ";
constexpr std::string_view alive_mark = ".alive";

template <typename Number>
std::optional<Number> number_of(BytesView text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

Bytes encode_connect(const ConnectBody& connect) {
  return "{\"participant\":" + std::to_string(connect.participant) + ",\"address\":" + json_string(connect.address) +
         "}";
}

std::optional<ConnectBody> decode_connect(BytesView body) {
  boost::system::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* participant = object ? object->if_contains("participant") : nullptr;
  if (!participant || !participant->is_int64()) return std::nullopt;
  ConnectBody connect;
  connect.participant = participant->get_int64();
  if (const json::value* address = object->if_contains("address"); address && address->is_string()) {
    connect.address = json::value_to<std::string>(*address);
  }
  return connect;
}

Bytes encode_accept(const ChannelName& owner) { return owner.text(); }

std::optional<ChannelName> decode_accept(BytesView body) {
  if (ChannelName::find_fault(body) || ChannelName::find_fault(std::string(body).append(alive_mark)))
    return std::nullopt;
  return ChannelName(std::string(body));
}

Bytes encode_credit(std::size_t bytes) { return std::to_string(bytes); }

std::optional<std::size_t> decode_credit(BytesView body) { return number_of<std::size_t>(body); }

Bytes encode_frame_credit(std::size_t units) { return std::string(frames_mark) + std::to_string(units); }

std::optional<std::size_t> decode_frame_credit(BytesView body) {
  if (body.substr(0, frames_mark.size()) != frames_mark) return std::nullopt;
  return number_of<std::size_t>(body.substr(frames_mark.size()));
}

ChannelName alive_channel(const ChannelName& channel) { return ChannelName(channel.text() + std::string(alive_mark)); }

std::string without_alive(std::string channel) {
  if (channel.ends_with(alive_mark)) channel.resize(channel.size() - alive_mark.size());
  return channel;
}

Bytes encode_end(const ConnectionEnd& end) { return std::to_string(end.code) + " " + end.reason; }

ConnectionEnd decode_end(BytesView body) {
  const std::size_t space = body.find(' ');
  ConnectionEnd end;
  end.code = number_of<std::uint16_t>(body.substr(0, space)).value_or(close_code::internal_error);
  if (space != BytesView::npos) end.reason = std::string(body.substr(space + 1));
  return end;
}

}  // namespace tellina
