using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class OutboxWriterTests
{
    private const int OutboxMax = 10_000;

    /// <summary>One is more than the mark from which on a client is behind, two are more than an outbox takes.</summary>
    private static readonly byte[] Large = Frame(new string('x', 6_000));

    private System.Threading.Channels.Channel<Connection> _writeOn = null!;
    private List<CloseReason> _ended = null!;
    private OutboxWriter _writer = null!;

    [SetUp]
    public void Create()
    {
        _writeOn = System.Threading.Channels.Channel.CreateUnbounded<Connection>();
        _ended = [];
        _writer = new OutboxWriter(OutboxMax, new Backpressure(OutboxWriter.MarkOf(OutboxMax), new FakeTimeProvider()), connection => _writeOn.Writer.TryWrite(connection), connection =>
        {
            _ended.Add(connection.Closing!);
            connection.End(connection.Closing!);
        });
        _writer.BeginBatch();
    }

    [Test]
    public void Add_OfAFewInABatch_IsWrittenAtItsEnd()
    {
        var (connection, wire) = Open();
        _writer.Add(connection, Frame("one"));
        _writer.Add(connection, []);
        _writer.Add(connection, Frame("two"));
        Assert.That(wire.Text, Is.Empty);

        _writer.FlushAll();

        Assert.That(wire.Lines, Is.EqualTo(["one", "two"]));
    }

    [Test]
    public void Flush_OfAConnectionThatIsHeld_WritesNothing()
    {
        var (connection, wire) = Open();
        connection.IsHeld = true;
        _writer.Add(connection, Frame("one"));
        _writer.FlushAll();
        Assert.That(wire.Text, Is.Empty);

        connection.IsHeld = false;
        _writer.Flush(connection);

        Assert.That(wire.Lines, Is.EqualTo(["one"]));
    }

    [Test]
    public async Task Flush_OfAClientThatTakesAPart_GoesOnThere_OnceItTakesMore()
    {
        var (connection, wire) = Open(room: 5);
        _writer.Add(connection, Frame("one"));
        _writer.Add(connection, Frame("two"));
        _writer.FlushAll();
        Assert.That((wire.Text, connection.Writing.IsBlocked), Is.EqualTo(("one\nt", true)));

        wire.ReadAll();
        do
        {
            // The client may take the rest in more than one part.
            await WriteOn();
        }
        while (connection.Writing.IsBlocked);

        Assert.That((wire.Text, wire.Fault), Is.EqualTo(("one\ntwo\n", (string?)null)));
    }

    [Test]
    public void Flush_ToAClientThatIsGone_EndsTheConnection()
    {
        var (connection, wire) = Open();
        wire.Break();
        _writer.Add(connection, Frame("one"));
        _writer.FlushAll();

        Assert.That(_ended, Is.EqualTo([CloseReason.ClientGone]));
    }

    [Test]
    public async Task WriteOn_ToAClientThatWentWhileItWasWaitedFor_EndsTheConnection()
    {
        var (connection, wire) = Open(room: 0);
        _writer.Add(connection, Frame("one"));
        _writer.FlushAll();

        wire.Break();
        await WriteOn();

        Assert.That(_ended, Is.EqualTo([CloseReason.ClientGone]));
    }

    [Test]
    public void Add_OfMoreThanFits_InTheBatchInWhichTheClientFellBehind_IsTaken()
    {
        var (connection, wire) = Open(room: 0);
        _writer.Add(connection, Large);
        _writer.Add(connection, Large);
        _writer.FlushAll();

        Assert.That(_ended, Is.Empty, "it had no time to read");
        Assert.That(wire.Aborted.IsCompleted, Is.False);
    }

    [Test]
    public void Add_OfMoreThanFits_ToAClientThatWasBehindBefore_BreaksItOff()
    {
        var (connection, wire) = Open(room: 0);
        _writer.Add(connection, Large);
        _writer.FlushAll();
        _writer.BeginBatch();

        _writer.Add(connection, Large);

        Assert.That(_ended, Is.EqualTo([CloseReason.SlowConsumer]));
        Assert.That(wire.Aborted.IsCompleted, Is.True);
    }

    [Test]
    public void AddLast_ComesAfterWhatWaits_AndEndsTheConnection()
    {
        var (connection, wire) = Open();
        _writer.Add(connection, Frame("one"));
        connection.Closing = CloseReason.Shutdown;
        _writer.AddLast(connection, Frame("last"));
        _writer.Add(connection, Frame("too late"));
        Assert.That(_ended, Is.Empty);

        _writer.FlushAll();

        Assert.That(wire.Lines, Is.EqualTo(["one", "last"]));
        Assert.That(_ended, Is.EqualTo([CloseReason.Shutdown]));
    }

    [Test]
    public void AddLast_WhereTheRestIsNoLongerForTheClient_DropsThat_AndWaitsForNoBatch()
    {
        var (connection, wire) = Open();
        _writer.Add(connection, Frame("secret"));
        connection.Closing = CloseReason.TokenBlacklisted;
        _writer.AddLast(connection, Frame("last"));

        Assert.That(wire.Lines, Is.EqualTo(["last"]));
        Assert.That(_ended, Is.EqualTo([CloseReason.TokenBlacklisted]));
    }

    [Test]
    public async Task AddLast_AmidAFrame_FinishesThatFirst()
    {
        var (connection, wire) = Open(room: 2);
        _writer.Add(connection, Frame("begun"));
        _writer.Add(connection, Frame("secret"));
        _writer.FlushAll();
        connection.Closing = CloseReason.TokenBlacklisted;
        _writer.AddLast(connection, Frame("last"));

        wire.ReadAll();
        await WriteOn();

        Assert.That(wire.Lines, Is.EqualTo(["begun", "last"]));
        Assert.That(_ended, Is.EqualTo([CloseReason.TokenBlacklisted]));
    }

    [Test]
    public async Task Waiting_IsWhatClientsHaveNotTaken_UntilTheyDo_OrAreGone()
    {
        var (slow, wire) = Open(room: 2);
        var (gone, _) = Open(room: 0);
        var (quick, _) = Open();
        foreach (var connection in new[] { slow, gone, quick })
        {
            _writer.Add(connection, Frame("a line"));
        }

        _writer.FlushAll();
        Assert.That(_writer.Waiting, Is.EqualTo((2 * Outbox.CostOf(Frame("a line"))) - 2));

        _writer.Clear(gone);
        Assert.That(_writer.Waiting, Is.EqualTo(slow.Outbox.Bytes));

        wire.ReadAll();
        do
        {
            await WriteOn();
        }
        while (slow.Writing.IsBlocked);

        Assert.That(_writer.Waiting, Is.Zero);
    }

    private static byte[] Frame(string line) => Encoding.UTF8.GetBytes(line + "\n");

    private static (Connection Connection, FakeWire Wire) Open(long room = long.MaxValue)
    {
        var wire = new FakeWire(room);
        // It is asked for by nothing that a writer does.
        DeliveryLoop loop = null!;
        return (new Connection(loop, wire, LineFormat.Instance, "test") { IsHeld = false }, wire);
    }

    /// <summary>What the loop does when it is asked to go on.</summary>
    private async Task WriteOn() => _writer.WriteOn(await _writeOn.Reader.ReadAsync().Soon());
}
