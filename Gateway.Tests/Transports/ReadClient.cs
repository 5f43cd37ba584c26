using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

/// <summary>A WebSocket whose server's end is read by the gateway, over pipes.</summary>
internal sealed class ReadClient : IDisposable
{
    private readonly Pipe _up = new();
    private readonly Pipe _down = new();
    private readonly TestNode _node = new();
    private readonly Connection _connection;
    private readonly SemaphoreSlim _handled = new(0);

    public ReadClient(ChannelOptions options, TimeProvider time)
    {
        Socket = WebSocket.CreateFromStream(new Duplex(_down.Reader.AsStream(), _up.Writer.AsStream()), new WebSocketCreationOptions { IsServer = false });
        _connection = _node.Registry.Add(new PipeWire(_down.Writer, () => { }), WebSocketFrame.Format(ChannelCodec.V2), "websocket");
        _connection.Start();
        Reading = new WebSocketReader(_up.Reader, _connection, ChannelCodec.V2, options, time).Read(async frame =>
        {
            Frames.Add(frame);
            _handled.Release();
            await Handling;
        });
    }

    /// <summary>Completes when the gateway reads no more.</summary>
    public Task Reading { get; }

    public WebSocket Socket { get; }

    /// <summary>How long the handling of a frame lasts.</summary>
    public Task Handling { get; set; } = Task.CompletedTask;

    public List<ClientFrame> Frames { get; } = [];

    /// <summary>Until then nothing can be sent to it.</summary>
    public Task Started() => Wait.Until(() => !_connection.IsHeld, "it may be written to");

    public Task Send(string text, bool last = true) =>
        Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, last, CancellationToken.None).Soon();

    public Task Leave() => Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Soon();

    public async Task Answered() => Assert.That((await Socket.ReceiveAsync(new byte[1000], CancellationToken.None).Soon()).CloseStatus, Is.EqualTo(WebSocketCloseStatus.NormalClosure));

    public async Task Handled(int frames)
    {
        for (var i = 0; i < frames; i++)
        {
            Assert.That(await _handled.WaitAsync(Limits.Hang), Is.True);
        }
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task SendRaw(ReadOnlyMemory<byte> bytes) => _up.Writer.WriteAsync(bytes).AsTask().Soon();

    public void Break() => _up.Writer.Complete();

    /// <summary>All that was sent to the client, which is done.</summary>
    public async Task<byte[]> Answers()
    {
        await Reading.Soon();
        await _connection.Closed.Soon();
        await _down.Writer.CompleteAsync();
        var answers = new MemoryStream();
        await _down.Reader.CopyToAsync(answers).Soon();
        return answers.ToArray();
    }

    public Task<CloseReason> Reason() => _connection.Closed.Soon();

    public void Dispose()
    {
        Socket.Dispose();
        _node.Dispose();
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
