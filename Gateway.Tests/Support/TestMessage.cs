using System.Text;
using NUnit.Framework;
using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>Messages as a test writes them down.</summary>
internal static class TestMessage
{
    public static readonly IReadOnlyList<KeyValuePair<string, string>> NoHeaders = [];

    public static string Text(string user, int number) => $$"""{"username":"{{user}}","n":{{number}}}""";

    public static Message Of(string user, int number) => Parse(Text(user, number));

    public static Message OfSize(int bytes) => Parse("""{"username":"alice","pad":" """[..^1] + new string('x', bytes - 29) + "\"}");

    public static Message Parse(string json)
    {
        Assert.That(Message.TryParse(Encoding.UTF8.GetBytes(json), "username"u8, out var message), Is.EqualTo(MessageFault.None), json);
        return message;
    }
}
