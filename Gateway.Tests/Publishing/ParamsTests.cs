using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using RigKafka.Publishing;

namespace RigKafka.Tests.Publishing;

internal sealed class ParamsTests
{
    [TestCase("", "{}")]
    [TestCase("&&", "{}")]
    [TestCase("a=1&b=2", """{"a":"1","b":"2"}""")]
    [TestCase("a=1&a=2", """{"a":"2"}""")]
    [TestCase("a", """{"a":null}""")]
    [TestCase("a=", """{"a":""}""")]
    [TestCase("a=b=c", """{"a":"b=c"}""")]
    [TestCase("a[]=x&a[]=y", """{"a":["x","y"]}""")]
    [TestCase("a[]", """{"a":[]}""")]
    [TestCase("a[]=", """{"a":[""]}""")]
    [TestCase("a[]=1&a[]", """{"a":["1"]}""")]
    [TestCase("a[k]=v&a[l]=w", """{"a":{"k":"v","l":"w"}}""")]
    [TestCase("a[b][c][]=1", """{"a":{"b":{"c":["1"]}}}""")]
    [TestCase("a[][b]=1&a[][b]=2", """{"a":[{"b":"1"},{"b":"2"}]}""")]
    [TestCase("a=1&a[k]=v", """{"a":{"k":"v"}}""")]
    [TestCase("a[k]=v&a=1", """{"a":"1"}""")]
    [TestCase("a[]=1&a[k]=v", """{"a":{"k":"v"}}""")]
    [TestCase("a%5B%5D=x", """{"a":["x"]}""")]
    [TestCase("a]=1", """{"a":"1"}""")]
    [TestCase("a[b=1", """{"a[b":"1"}""")]
    [TestCase("a=%22%5C%0A+%2B%3C", """{"a":"\"\\\u000a +<"}""")]
    [TestCase("a=é😀", """{"a":"é😀"}""")]
    public void Decode_Writes(string encoded, string json) => Assert.That(ToJson(Encoding.UTF8.GetBytes(encoded)), Is.EqualTo(json));

    [TestCase("a=%")]
    [TestCase("a=%1")]
    [TestCase("a=%g1")]
    [TestCase("%+1=a")]
    [TestCase("a=%ff")]
    public void Decode_Malformed_IsRefused(string encoded) => Assert.That(ToJson(Encoding.UTF8.GetBytes(encoded)), Is.Null);

    [TestCase(63, true)]
    [TestCase(64, false)]
    [TestCase(100_000, false)]
    public void Decode_Depth_IsBounded_AsInAMessage(int brackets, bool taken)
        => Assert.That(
            ToJson(Encoding.UTF8.GetBytes("a" + string.Concat(Enumerable.Repeat("[b]", brackets)) + "=1")),
            taken ? Is.Not.Null : Is.Null);

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Decode_AnyBytes_GivesJsonOrNothing() => Prop.ForAll<byte[]>(IsJsonOrNothing);

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Decode_AnySyntax_GivesJsonOrNothing()
        => Prop.ForAll(Gen.Elements([.. "[]=&%+ab0\""u8]).ArrayOf().ToArbitrary(), IsJsonOrNothing);

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Decode_Scalars_RoundTrip() => Prop.ForAll<NonNull<string>, NonNull<string>>((name, value) =>
    {
        // What has no UTF-8 cannot be sent, and a bracket at the end is syntax.
        var (key, text) = (Valid(name.Get) + ".", Valid(value.Get));
        var json = ToJson(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(key)}={Uri.EscapeDataString(text)}"));
        using var document = JsonDocument.Parse(json!);
        Assert.That(document.RootElement.GetProperty(key).GetString(), Is.EqualTo(text));
    });

    private static void IsJsonOrNothing(byte[] encoded)
    {
        if (ToJson(encoded) is { } json)
        {
            using var document = JsonDocument.Parse(json);
            Assert.That(document.RootElement.ValueKind, Is.EqualTo(JsonValueKind.Object));
        }
    }

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static string? ToJson(byte[] encoded)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        if (!UrlEncoded.TryDecode(encoded, pairs) || !Params.TryCreate(pairs, out var created))
        {
            return null;
        }

        var json = new ArrayBufferWriter<byte>();
        created.WriteObject(json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
