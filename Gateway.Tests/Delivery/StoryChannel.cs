using System.Text.Json;

namespace RigKafka.Tests.Delivery;

/// <summary>One channel of a client.</summary>
internal sealed record StoryChannel(ResumeView View)
{
    /// <summary>The id from which it goes on when it joins again.</summary>
    public string? Id { get; set; }

    public StoryChannelState State { get; set; }

    /// <summary>Whether something may come on it: it was joined, and neither left nor ended since.</summary>
    public bool IsOpen { get; set; }

    public void Hear(string name, string id, JsonElement payload)
    {
        switch (name)
        {
            case "message":
                View.Message(id, payload.GetProperty("n").GetInt64());
                break;
            case "gap":
                View.Gap(id, payload.GetProperty("reason").GetString()!);
                break;
            default:
                View.Passed(id);
                break;
        }
    }
}

/// <summary>What a client thinks of one of its channels.</summary>
internal enum StoryChannelState
{
    Left,

    /// <summary>It may not join for now; if it was joined before, what comes is that of the old channel.</summary>
    Refused,
    Joining,
    Joined,
}
