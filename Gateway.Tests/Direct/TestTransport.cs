using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RigKafka.Direct;
using RigKafka.Listeners;

namespace RigKafka.Tests.Direct;

/// <summary>The transport without a server.</summary>
internal static class TestTransport
{
    /// <summary>Listens on a free port for clients.</summary>
    public static ValueTask<IConnectionListener> Listen(EpollLoops loops)
    {
        var others = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new DirectTransport(new ListenerOptions(), loops, others, new SharedPool(), TimeProvider.System)
            .BindAsync(ListenEndPoint.Of("127.0.0.1", 0, isApi: false, isTls: false));
    }

    private sealed class SharedPool : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => MemoryPool<byte>.Shared;
    }
}
