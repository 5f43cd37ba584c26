using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

/// <summary>Both ends of a WebSocket, over pipes.</summary>
internal sealed class ReadClient : IDisposable
{
    private readonly Pipe _up = new();
    private readonly Pipe _down = new();
    private readonly WebSocket _server;
    private readonly TaskCompletionSource<CloseReason> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _handled = new(0);

    public ReadClient(ChannelOptions options, TimeProvider time)
    {
        _server = WebSocket.CreateFromStream(new Duplex(_up.Reader.AsStream(), _down.Writer.AsStream()), new WebSocketCreationOptions { IsServer = true });
        Socket = WebSocket.CreateFromStream(new Duplex(_down.Reader.AsStream(), _up.Writer.AsStream()), new WebSocketCreationOptions { IsServer = false });
        _ = new WebSocketReader(_server, ChannelCodec.V2, new ClientPace(options, time), options, time).Read(
            async frame =>
            {
                Frames.Add(frame);
                _handled.Release();
                await Handling;
            },
            reason => _reason.TrySetResult(reason));
    }

    public WebSocket Socket { get; }

    /// <summary>How long the handling of a frame lasts.</summary>
    public Task Handling { get; set; } = Task.CompletedTask;

    public List<ClientFrame> Frames { get; } = [];

    public Task Send(string text, bool last = true) =>
        Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, last, CancellationToken.None).Soon();

    public Task Leave() => Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();

    public async Task Answered() => Assert.That((await Socket.ReceiveAsync(new byte[10], CancellationToken.None).Soon()).CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));

    public async Task Handled(int frames)
    {
        for (var i = 0; i < frames; i++)
        {
            Assert.That(await _handled.WaitAsync(Limits.Hang), Is.True);
        }
    }

    public void Break() => _up.Writer.Complete();

    public Task<CloseReason> Reason() => _reason.Task.Soon();

    public void Dispose()
    {
        _server.Dispose();
        Socket.Dispose();
        _handled.Dispose();
    }

    private sealed class Duplex(Stream reading, Stream writing) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reading.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await writing.WriteAsync(buffer, cancellationToken);
            await writing.FlushAsync(cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
