using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

/// <summary>What the server is given: a pipe over a real socket.</summary>
[Platform("Linux")]
internal sealed class DirectConnectionTests
{
    private LogLines<EpollLoop> _log = null!;
    private EpollLoops _loops = null!;
    private IConnectionListener _listener = null!;
    private Socket _client = null!;
    private ConnectionContext _connection = null!;

    private PipeReader Input => _connection.Transport.Input;

    private PipeWriter Output => _connection.Transport.Output;

    [SetUp]
    public async Task Connect()
    {
        _log = new LogLines<EpollLoop>();
        _loops = new EpollLoops(_log);
        _listener = await TestTransport.Listen(_loops);
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16_384 };
        await _client.ConnectAsync(_listener.EndPoint).Soon();
        _connection = (await _listener.AcceptAsync().Soon())!;
    }

    [TearDown]
    public async Task Disconnect()
    {
        _client.Dispose();
        await _connection.DisposeAsync();
        await _listener.DisposeAsync();
        _loops.Dispose();
        Assert.That(_log.All, Is.Empty);
    }

    [Test]
    public void Addresses_AreThoseOfTheSocket()
    {
        Assert.That(_connection.RemoteEndPoint, Is.EqualTo(_client.LocalEndPoint));
        Assert.That(_connection.LocalEndPoint, Is.EqualTo(_client.RemoteEndPoint));
    }

    [Test]
    public async Task Read_GivesWhatWasNotConsumed_WithWhatComesAfterIt()
    {
        await Say("one");
        var first = await Input.ReadAsync().Soon();
        Assert.That(Text(first), Is.EqualTo("one"));
        Input.AdvanceTo(first.Buffer.GetPosition(1), first.Buffer.End);
        Assert.That(Input.TryRead(out _), Is.False);
        var reading = Input.ReadAsync();
        Assert.That(reading.IsCompleted, Is.False);

        await Say("two");

        var second = await reading.Soon();
        Assert.That(Text(second), Is.EqualTo("netwo"));
        Input.AdvanceTo(second.Buffer.GetPosition(2), second.Buffer.GetPosition(3));
        Assert.That(Input.TryRead(out var third), Is.True);
        Assert.That(Text(third), Is.EqualTo("two"));
        Input.AdvanceTo(third.Buffer.End);
    }

    [Test]
    public async Task Read_ThatWaits_CanBeCancelledByItsToken_AndTheNextOneGetsWhatComes()
    {
        using var cancel = new CancellationTokenSource();
        var reading = Input.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await reading.Soon(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await Input.ReadAsync(cancel.Token), Throws.InstanceOf<OperationCanceledException>());

        await Say("later");
        Assert.That(Text(await Input.ReadAsync().Soon()), Is.EqualTo("later"));
    }

    [Test]
    public async Task Read_ThatWaits_CanBeCancelled()
    {
        var reading = Input.ReadAsync().AsTask();
        Input.CancelPendingRead();
        var canceled = await reading.Soon();
        Assert.That(canceled.IsCanceled, Is.True);
        Input.AdvanceTo(canceled.Buffer.End);

        Input.CancelPendingRead();
        canceled = await Input.ReadAsync().Soon();
        Assert.That(canceled.IsCanceled, Is.True);
        Input.AdvanceTo(canceled.Buffer.End);

        await Say("later");
        Assert.That(Text(await Input.ReadAsync().Soon()), Is.EqualTo("later"));
    }

    /// <summary>A token is cancelled while data comes: one of them ends the read, and nothing is lost.</summary>
    [Test]
    public async Task Read_ThatIsCancelledWhileSomethingComes_LosesNothing()
    {
        for (var i = 0; i < 500; i++)
        {
            using var cancel = new CancellationTokenSource();
            var reading = Input.ReadAsync(cancel.Token).AsTask();
            var saying = Say("x");
            var cancelling = cancel.CancelAsync();
            ReadResult result;
            try
            {
                result = await reading.Soon();
            }
            catch (OperationCanceledException)
            {
                result = await Input.ReadAsync().Soon();
            }

            Assert.That(Text(result), Is.EqualTo("x"));
            Input.AdvanceTo(result.Buffer.End);
            await saying;
            await cancelling;
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ClientThatEndsItsSide_IsNoticed_WhetherSomebodyReadsOrNot(bool reads)
    {
        var closed = Closed();
        var reading = reads ? Input.ReadAsync().AsTask() : null;
        _client.Shutdown(SocketShutdown.Send);
        await closed.Soon();
        var result = await (reading ?? Input.ReadAsync().AsTask()).Soon();
        Assert.That((result.IsCompleted, result.Buffer.Length), Is.EqualTo((true, 0)));
    }

    [Test]
    public async Task ClientThatEndsItsSide_IsNoticed_AlsoBehindWhatNobodyHasRead()
    {
        var closed = Closed();
        await Say(new string('x', 50_000));
        _client.Shutdown(SocketShutdown.Send);
        await closed.Soon();
        var result = await Input.ReadAtLeastAsync(50_000).Soon();
        Assert.That(result.Buffer.Length, Is.EqualTo(50_000));
        Input.AdvanceTo(result.Buffer.End);
        Assert.That((await Input.ReadAsync().Soon()).IsCompleted, Is.True);
    }

    [Test]
    public async Task ClientThatResets_BreaksTheRead()
    {
        var closed = Closed();
        var reading = Input.ReadAsync().AsTask();
        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        Assert.That(async () => await reading.Soon(), Throws.InstanceOf<ConnectionResetException>());
        await closed.Soon();
        Assert.That((await Output.WriteAsync("x"u8.ToArray()).Soon()).IsCompleted, Is.True);
    }

    [Test]
    public async Task Flush_OnAFullSocket_WaitsUntilTheKernelHasEverything()
    {
        var bytes = new byte[20_000_000];
        Random.Shared.NextBytes(bytes);
        var flushing = Output.WriteAsync(bytes);
        Assert.That(flushing.IsCompleted, Is.False);

        var received = new byte[bytes.Length];
        for (var length = 0; length < received.Length;)
        {
            length += await _client.ReceiveAsync(received.AsMemory(length)).Soon();
        }

        Assert.That((await flushing.Soon()).IsCompleted, Is.False);
        Assert.That(received.AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task Flush_ThatWaits_CanBeCancelled_ByItsTokenOrWithout()
    {
        using var cancel = new CancellationTokenSource();
        var flushing = Output.WriteAsync(new byte[20_000_000], cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await flushing.Soon(), Throws.InstanceOf<OperationCanceledException>());

        var again = Output.FlushAsync().AsTask();
        Output.CancelPendingFlush();
        Assert.That((await again.Soon()).IsCanceled, Is.True);
    }

    [Test]
    public async Task Abort_EndsWhatWaits_AndResetsTheClient()
    {
        var closed = Closed();
        var reading = Input.ReadAsync().AsTask();
        var flushing = Output.WriteAsync(new byte[20_000_000]).AsTask();

        _connection.Abort(new ConnectionAbortedException("on purpose"));

        Assert.That(async () => await reading.Soon(), Throws.InstanceOf<ConnectionAbortedException>().With.Message.EqualTo("on purpose"));
        Assert.That((await flushing.Soon()).IsCompleted, Is.True);
        await closed.Soon();
        Assert.That(
            async () =>
            {
                while (await _client.ReceiveAsync(new byte[65_536]).Soon() > 0)
                {
                }
            },
            Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Dispose_WithUnreadInput_EndsInDueForm()
    {
        await Say(new string('x', 10_000));
        await Output.WriteAsync("answer"u8.ToArray()).Soon();
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await _connection.DisposeAsync();

        var buffer = new byte[100];
        Assert.That(await _client.ReceiveAsync(buffer).Soon(), Is.EqualTo("answer".Length));
        Assert.That(await _client.ReceiveAsync(buffer).Soon(), Is.Zero);
    }

    private static string Text(ReadResult result) => Encoding.ASCII.GetString(result.Buffer.ToArray());

    private Task Say(string text) => TestSockets.Send(_client, text);

    /// <summary>Completes when the server is told that the connection has ended.</summary>
    private Task Closed()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection.ConnectionClosed.UnsafeRegister(_ => closed.TrySetResult(), null);
        return closed.Task;
    }
}
