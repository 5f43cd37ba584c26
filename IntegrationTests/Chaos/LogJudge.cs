using System.Globalization;
using System.Text.Json;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>Compares what clients heard with all that stands in the log.</summary>
internal sealed class LogJudge
{
    private readonly ILookup<string, Stored> _byUser;
    private readonly uint _epoch;

    /// <param name="epoch">The source topic, as ids have it.</param>
    /// <param name="log">All that stands in the source topic. Each message has a <c>user</c>, and a number <c>n</c> that no other of this user has.</param>
    public LogJudge(uint epoch, IEnumerable<WrittenRecord> log)
    {
        _epoch = epoch;
        var stored = log.Select(Stored.Of).ToList();
        Count = stored.Count;
        _byUser = stored.ToLookup(message => message.User);
    }

    /// <summary>How many messages stand in it.</summary>
    public int Count { get; }

    /// <param name="histories">What clients heard.</param>
    /// <param name="accepted">What was answered 202.</param>
    public Verdict Judge(IEnumerable<ClientHistory> histories, IEnumerable<(string User, int Number)> accepted)
    {
        var verdict = new Verdict { Logged = Count };
        foreach (var (user, number) in accepted.Where(message => !_byUser[message.User].Any(stored => stored.Number == message.Number)))
        {
            verdict.NotStored.Add($"{user} {number}");
        }

        foreach (var history in histories)
        {
            Judge(history, verdict);
        }

        return verdict;
    }

    private void Judge(ClientHistory history, Verdict verdict)
    {
        verdict.Clients++;
        verdict.CameBack += Math.Max(0, history.Joins.Count - 1);
        verdict.Heard += history.Numbers.Count;
        verdict.Gaps.AddRange(history.Gaps.Select(gap => gap.Reason));
        if (!history.IsIn || history.FirstId is null)
        {
            verdict.Dead.Add(history.User);
        }

        var own = _byUser[history.User].GroupBy(stored => stored.Number).ToDictionary(group => group.Key, group => new Queue<Stored>(group.OrderBy(stored => stored.Offset)));
        // Where each message that was heard stands; the index is that of the hearing.
        var heard = new List<(Stored Message, int Index)>();
        foreach (var (index, number) in history.Numbers.Index())
        {
            if (!own.TryGetValue(number, out var left))
            {
                verdict.Others.Add($"{history.User} {number}");
            }
            else if (left.Count == 0)
            {
                verdict.Twice.Add($"{history.User} {number}");
            }
            else
            {
                heard.Add((left.Dequeue(), index));
            }
        }

        foreach (var partition in heard.GroupBy(each => each.Message.Partition))
        {
            verdict.OutOfOrder.AddRange(partition.Zip(partition.Skip(1)).Where(pair => pair.First.Message.Offset > pair.Second.Message.Offset).Select(pair => $"{pair.Second.Message}"));
        }

        if (history.FirstId is null)
        {
            return;
        }

        var from = Places(history.FirstId);
        foreach (var missing in own.Values.SelectMany(left => left).Where(missing => missing.Offset >= from.GetValueOrDefault(missing.Partition)))
        {
            (IsTold(missing, heard, history.Gaps) ? verdict.LostWithAGap : verdict.Lost).Add($"{missing}");
        }
    }

    /// <summary>Whether a client was told of a gap between the messages before and after one that it did not hear, and that it goes on behind it.</summary>
    private bool IsTold(Stored missing, IEnumerable<(Stored Message, int Index)> heard, IReadOnlyList<HeardGap> gaps)
    {
        var partition = heard.Where(each => each.Message.Partition == missing.Partition).ToList();
        var before = partition.Where(each => each.Message.Offset < missing.Offset).Select(each => each.Index).DefaultIfEmpty(-1).Max();
        var after = partition.Where(each => each.Message.Offset > missing.Offset).Select(each => each.Index).DefaultIfEmpty(int.MaxValue).Min();
        return gaps.Any(gap => gap.After > before && gap.After <= after && Places(gap.Id).GetValueOrDefault(missing.Partition) > missing.Offset);
    }

    /// <summary>The next offset of each partition.</summary>
    private Dictionary<int, long> Places(string id) =>
        TestPosition.Parse(id).Places().Where(place => place.Place.Epoch == _epoch).ToDictionary(place => place.Place.Partition, place => place.Next);

    private sealed record Stored(int Partition, long Offset, string User, int Number)
    {
        public static Stored Of(WrittenRecord record)
        {
            var message = JsonElement.Parse(record.Value!);
            return new Stored(record.Partition, record.Offset, message.GetProperty("user").GetString()!, message.GetProperty("n").GetInt32());
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{User} {Number} at {Partition}/{Offset}");
    }
}
