/// The part of Asio's TLS that is compiled once.

#include <boost/asio/ssl/impl/src.hpp>
