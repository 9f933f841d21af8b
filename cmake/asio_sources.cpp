// The one file that compiles the bodies of Asio.
#include <boost/asio/impl/src.hpp>
