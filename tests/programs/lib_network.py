# sockets, selectors, epoll and asyncio over the native _socket and select
import asyncio
import selectors
import socket
import select
import threading


def shown(f):
    try:
        return repr(f())
    except Exception as e:
        return f"{type(e).__name__}: {e}"


s = socket.socket()
for call in (
    lambda: s.recv(-1), lambda: s.recv("a"), lambda: s.bind(1), lambda: s.bind(("a",)), lambda: s.bind((1, 2)), lambda: s.bind(("", 70000)),
    lambda: s.send("a"), lambda: s.sendto(b"a"), lambda: s.recv_into(b"aa"), lambda: s.recv_into(bytearray(1), 5), lambda: s.setsockopt(1, 2),
    lambda: s.getsockopt(1, 2, -1), lambda: s.settimeout("a"), lambda: s.settimeout(-1), lambda: s.getpeername(), lambda: s.getsockname(),
    lambda: s.connect(("127.0.0.1", 1)), lambda: s.sendmsg(1), lambda: socket.socket(None), lambda: socket.socket(fileno=-1),
    lambda: socket.socket(9999), lambda: socket.inet_aton("a"), lambda: socket.inet_ntoa(b"\x7f\0\0\1"), lambda: socket.inet_pton(2, "1.2.3.4"),
    lambda: socket.inet_ntop(10, bytes(15) + b"\1"), lambda: socket.htons(-1), lambda: socket.htons(70000), lambda: socket.htonl(1),
    lambda: socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM), lambda: socket.getnameinfo(("127.0.0.1", 80), 3),
    lambda: socket.if_nametoindex("no such"), lambda: socket.CMSG_SPACE(1), lambda: (s.family, s.type, s.proto, s.timeout),
):
    print(shown(call))
s.close()
print(s.fileno(), shown(lambda: s.recv(1)), repr(s))

server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()


def serve():
    connection, peer = server.accept()
    with connection, connection.makefile("rwb") as file:
        for line in file:
            file.write(line.upper())
            file.flush()


thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(address, timeout=5) as client:
    print(client.gettimeout(), client.getblocking())
    client.sendall(b"one\ntwo\n")
    got = b""
    while len(got) < 8:
        got += client.recv(100)
    print(got)
    client.settimeout(0.01)
    print(shown(lambda: client.recv(1)))
    client.setblocking(False)
    print(shown(lambda: client.recv(1)))
thread.join()
server.close()

a, b = socket.socketpair()
print(a.family, a.send(b"abc"), b.recv(2), b.recv_into(buffer := bytearray(4)), buffer)
read, write = __import__("os").pipe()
print(socket.send_fds(a, [b"fd"], [write]), end=" ")
data, fds, flags, peer = socket.recv_fds(b, 10, 2)
print(data, len(fds), __import__("os").write(fds[0], b"through"), __import__("os").read(read, 10))
with select.epoll() as poll:
    poll.register(b, select.EPOLLIN)
    print(poll.poll(0), a.send(b"x"), [e for _, e in poll.poll(1)], poll.closed)
print(poll.closed, shown(lambda: poll.poll()))
with selectors.DefaultSelector() as selector:
    selector.register(b, selectors.EVENT_READ, "data")
    print([(key.data, events) for key, events in selector.select(1)], type(selector).__name__)
a.close(), b.close()


async def work(n):
    await asyncio.sleep(0.001 * n)
    return n * 2


async def main():
    print(await asyncio.gather(*(work(i) for i in range(3))))

    async def handle(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        print(await reader.readline())
        writer.close()
        await writer.wait_closed()
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(1)
    except TimeoutError as e:
        print("timeout", repr(e))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work(10))
    print(task.result(), asyncio.current_task().get_name(), await asyncio.to_thread(lambda: 42))


asyncio.run(main())
