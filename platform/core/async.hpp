#pragma once
// The coroutine vocabulary: everything that waits is an `awaitable` on an I/O thread's own io_context.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cumulo {

namespace asio = boost::asio;

/// The concrete executor (a type-erased one costs 2 µs a request).
using io_executor = asio::io_context::executor_type;

/// What a coroutine returns. Its parameters are values or outlive it; every header says which.
template <class T = void>
using awaitable = asio::awaitable<T, io_executor>;

inline constexpr asio::use_awaitable_t<io_executor> use_awaitable{};

}  // namespace cumulo
