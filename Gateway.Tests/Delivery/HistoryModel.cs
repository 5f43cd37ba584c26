using System.Text;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>A history, and beside it a list of all that was ever written: what it answers is compared with what the list says.</summary>
internal sealed class HistoryModel
{
    private const int SourceTopics = 2;

    private readonly Random _random;
    private readonly History _history;
    private readonly int _ringBytes;
    private readonly Position _position = new(SourceTopics);
    private readonly List<Written> _all = [];
    private readonly string[] _users;
    private readonly int _most;
    private long _bytes;
    private int _largest;

    public HistoryModel(int seed)
    {
        _random = new Random(seed);
        _ringBytes = _random.Next(512, 16_384);
        _most = _random.Next(1, 1 + (_ringBytes / (_random.Next(3) == 0 ? 1 : 10)));
        _users = Enumerable.Range(0, _random.Next(1, 20)).Select(user => $"user{user}").ToArray();
        var hashes = _random.Next(4) == 0 ? 2 : int.MaxValue;
        _history = new History(_ringBytes, new MessageOptions(), SourceTopics, topic => string.GetHashCode(topic) % hashes);
        for (var index = 0; index < SourceTopics; index++)
        {
            Place(index, 1, Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.NextInt64(3)).ToArray(), null);
        }
    }

    /// <summary>How many questions had a complete answer, and how many were refused.</summary>
    public (int Complete, int Overwritten) Answers { get; private set; }

    public void Step()
    {
        switch (_random.Next(100))
        {
            case < 80:
                Write();
                break;
            case < 82:
                PlaceSomehow();
                break;
            case < 85:
                Poison();
                break;
            default:
                Ask();
                break;
        }
    }

    private void Write()
    {
        var (index, partition) = AnyPartition();
        var offset = _position.Offsets(index)[partition] + (_random.Next(10) == 0 ? _random.Next(3) : 0);
        var user = _users[Math.Min(_random.Next(_users.Length), _random.Next(_users.Length))];
        var tooLarge = _random.Next(30) == 0;
        var json = tooLarge ? "" : TestNode.Json(user, _all.Count, _random.Next(_most));
        var topic = Topic.OfUser(user);
        var head = _history.Head;
        _history.Write(new LogRecord(index, partition, offset, _all.Count, null), topic, Encoding.UTF8.GetBytes(json));
        Assert.That(_history.Head, Is.EqualTo(head), "before it is committed");
        _history.Commit();
        _position.Advance(index, partition, offset + 1);
        Add(new Written(index, partition, offset, topic, json), HistoryRing.Overhead + 7 + (tooLarge ? 2 * topic.Length : json.Length));
    }

    private void Add(Written written, int bytes)
    {
        (_bytes, _largest) = (_bytes + bytes, Math.Max(_largest, bytes));
        _all.Add(written with { End = _bytes, Bytes = bytes });
    }

    private void Poison()
    {
        var (index, partition) = AnyPartition();
        _position.Advance(index, partition, _position.Offsets(index)[partition] + 1);
    }

    private void PlaceSomehow()
    {
        var index = _random.Next(SourceTopics);
        var next = _position.Offsets(index).ToArray();
        var at = _random.Next(next.Length);
        switch (_random.Next(4))
        {
            case 0:
                Place(index, _position.Epoch(index), [.. next, _random.Next(3)], null);
                break;
            case 1:
                Place(index, _position.Epoch(index) + 1, new long[_random.Next(1, 4)], LogPlacement.Recreated);
                break;
            case 2:
                next[at] = Math.Max(0, next[at] - _random.Next(5));
                Place(index, _position.Epoch(index), next, LogPlacement.Truncated);
                break;
            default:
                next[at] += _random.Next(3);
                Place(index, _position.Epoch(index), next, LogPlacement.Retention);
                break;
        }
    }

    private void Place(int index, uint epoch, long[] next, string? gap)
    {
        var before = _position.Offsets(index).ToArray();
        var anew = epoch != _position.Epoch(index) || gap == LogPlacement.Truncated;
        for (var partition = 0; partition < Math.Max(before.Length, next.Length); partition++)
        {
            if (anew || partition >= before.Length || before[partition] != next[partition])
            {
                // Whoever asks for something before the new place is refused: the last offset before it stands for that.
                _all.RemoveAll(written => (written.SourceTopicIndex, written.Partition) == (index, partition));
                if (partition < next.Length)
                {
                    _all.Add(new Written(index, partition, next[partition] - 1, "", "", Bytes: _ringBytes));
                }
            }
        }

        _bytes += 8;
        _history.Place(new LogPlacement(index, epoch, next, gap), _position);
        _position.Place(index, epoch, next);
    }

    private void Ask()
    {
        var from = new Position(SourceTopics);
        for (var index = 0; index < SourceTopics; index++)
        {
            var back = _random.Next(4) switch { 0 => 1_000, 1 => _random.Next(1, 30), _ => 2 };
            from.Place(index, _position.Epoch(index), _position.Offsets(index).ToArray().Select(next => Math.Max(0, next - _random.Next(back))).ToArray());
        }

        var topics = _users.Where(_ => _random.Next(3) == 0).Append("nobody").Select(Topic.OfUser).ToHashSet();
        var entries = new List<HistoryEntry>();
        var covers = _history.Covers(from, _position);
        var steps = int.MaxValue;
        var answer = _history.Collect(from, _position, _history.Head, topics, ref steps, (in entry) =>
        {
            entries.Add(entry);
            return true;
        });

        Assert.That(answer == HistoryAnswer.Complete, Is.EqualTo(covers));
        if (covers)
        {
            Answers = Answers with { Complete = Answers.Complete + 1 };
            Assert.That(
                entries.Select(entry => (entry.SourceTopicIndex, entry.Partition, entry.Offset, entry.Topic, Encoding.UTF8.GetString(entry.Json.Span))),
                Is.EqualTo(_all.Where(written => topics.Contains(written.Topic) && IsAsked(written))
                    .Select(written => (written.SourceTopicIndex, written.Partition, written.Offset, written.Topic, written.Json))));
        }
        else
        {
            Answers = Answers with { Overwritten = Answers.Overwritten + 1 };
            Assert.That(_all.Any(written => IsAsked(written) && !IsSurelyThere(written)), "no needless refusal");
        }

        bool IsAsked(Written written) => written.Offset >= from.Offsets(written.SourceTopicIndex)[written.Partition];
    }

    /// <summary>
    /// It and what follows it take less room than the ring has, whatever is lost where the ring ends and by the steps of its tail.
    /// </summary>
    private bool IsSurelyThere(Written written) =>
        _bytes - written.End + written.Bytes + (2 * _largest) + (_ringBytes / 256) + 8 < _ringBytes;

    private (int Index, int Partition) AnyPartition()
    {
        var index = _random.Next(SourceTopics);
        return (index, _random.Next(_position.Offsets(index).Length));
    }

    private sealed record Written(
        int SourceTopicIndex, int Partition, long Offset, string Topic, string Json, long End = 0, int Bytes = 0);
}
