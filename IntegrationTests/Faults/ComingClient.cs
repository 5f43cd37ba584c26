using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A client that stops anywhere, and comes back to any node with ids of events that it was given.</summary>
/// <param name="random">When it stops, and what it does meanwhile.</param>
internal abstract class ComingClient(Random random)
{
    /// <summary>How many events it stays for, at most.</summary>
    private const int MostEvents = 60;

    /// <summary>How long it stays with a node that gives it none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What it was given: by its stream, or by each of its channels.</summary>
    public abstract IReadOnlyList<ComingView> Views { get; }

    /// <summary>How often it was told to come again later.</summary>
    public int Refusals { get; protected set; }

    protected Random Random => random;

    /// <summary>Whether it does more than to listen.</summary>
    protected bool IsRestless { get; private set; } = true;

    /// <summary>Comes, stays for some events or for a moment, and goes, until it is told to stop.</summary>
    public async Task ComeAndGo(Func<Uri> anyNode, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
            moment.CancelAfter(random.Next(3) == 0 ? TimeSpan.FromMilliseconds(random.Next(20, 1_500)) : Patience);
            var left = random.Next(1, MostEvents);
            await Visit(anyNode(), () => --left <= 0, moment.Token);
            foreach (var view in Views)
            {
                view.Choose(random);
            }

            await Task.Delay(random.Next(4) == 0 ? random.Next(1_000) : 0, CancellationToken.None);
        }
    }

    /// <summary>Comes until it has everything up to a place.</summary>
    public async Task ComeToTheEnd(Func<Uri> anyNode, Position end)
    {
        IsRestless = false;
        using var hang = new CancellationTokenSource(Limits.Hang);
        while (!IsAtEnd())
        {
            hang.Token.ThrowIfCancellationRequested();
            await Visit(anyNode(), IsAtEnd, hang.Token);
        }

        bool IsAtEnd() => Views.All(view => view.IsAt(end));
    }

    /// <summary>Connects, and listens.</summary>
    /// <param name="node">Where to.</param>
    /// <param name="isEnough">Asked after each event that it was given: whether it goes.</param>
    /// <param name="cancellation">It goes.</param>
    protected abstract Task Visit(Uri node, Func<bool> isEnough, CancellationToken cancellation);
}
