using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Messages;

namespace RigKafka.Tests.Messages;

internal sealed class StrictJsonTests
{
    [TestCase("""{"a":{"b":1}}""", true, false)]
    [TestCase("""{"a":"\ud800"}""", true, false)]
    [TestCase("""{"a":1,"a":2}""", false, true)]
    [TestCase("""{"a":1""", false, true)]
    [TestCase("""{"\ud800":1,"a":2}""", false, false)]
    public void TryParse_TakesWhatEveryReaderReadsAlike(string text, bool isTaken, bool hasMistake)
    {
        var json = StrictJson.TryParse(Encoding.UTF8.GetBytes(text), out var mistake);
        Assert.Multiple(() =>
        {
            Assert.That(json is not null, Is.EqualTo(isTaken));
            Assert.That(mistake is not null, Is.EqualTo(hasMistake));
        });
    }

    [TestCase("\"\\u00e4\\ud83d\\ude00\"", "ä\U0001F600")]
    [TestCase("\"\\ud83d\"", null)]
    [TestCase("\"\\ude00\\ud83d\"", null)]
    [TestCase("7", null)]
    [TestCase("null", null)]
    public void Text_IsNullForAnythingElse(string json, string? expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var byReader = reader.TokenType == JsonTokenType.String ? reader.Text() : null;
        Assert.Multiple(() =>
        {
            Assert.That(JsonElement.Parse(json).Text(), Is.EqualTo(expected));
            Assert.That(byReader, Is.EqualTo(expected));
        });
    }

    [TestCase("""{"a":"b"}""", "b")]
    [TestCase("""{"a":"\ud800"}""", null)]
    [TestCase("""{"\ud800":1}""", null)]
    [TestCase("""{"c":"b"}""", null)]
    [TestCase("""["a"]""", null)]
    public void Text_OfAMember_IsNullWhereThereIsNone(string json, string? expected) => Assert.That(JsonElement.Parse(json).Text("a"), Is.EqualTo(expected));

    [TestCase("\"\\u0061\"", true)]
    [TestCase("\"b\"", false)]
    [TestCase("\"\\ud800\"", false)]
    public void IsText_ComparesWhatTheStringSays(string json, bool expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        Assert.That(reader.IsText("a"u8), Is.EqualTo(expected));
    }

    [TestCase("""{"a":["b",{"c":"d"}]}""", true)]
    [TestCase("""{"a":["b",{"c":"\ud800"}]}""", false)]
    [TestCase("""{"a":["b",{"\udc00":"d"}]}""", false)]
    public void IsAllText_LooksAtEveryNameAndString(string json, bool expected) => Assert.That(JsonElement.Parse(json).IsAllText(), Is.EqualTo(expected));
}
