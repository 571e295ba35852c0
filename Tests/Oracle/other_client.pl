#!/usr/bin/perl
# Basic writes from a client that is not Python: MongoDB's Perl driver (Debian: libmongodb-perl).
#
#   perl other_client.pl --check
#   perl other_client.pl URI DATABASE SEED SECONDS STATS
use strict;
use warnings;
use utf8;

use BSON::Types qw(bson_int64 bson_double bson_doc bson_bytes bson_decimal128);
use JSON::PP    ();
use MongoDB     ();
use Time::HiRes qw(sleep time);

exit 0 if @ARGV && $ARGV[0] eq '--check';
my ($uri, $database, $seed, $seconds, $stats) = @ARGV;
srand($seed);
my $client = MongoDB->connect($uri);
my $docs   = $client->db($database)->coll('docs');
my @words  = ('alpha', 'Alpha', 'béta', 'γάμμα', '', 'refuse perl', 'naïve 🦊', map { "perl $_" } 1 .. 30);

sub pick  { $_[ int rand @_ ] }
sub text  { pick(@words) }
sub value { rand() < 0.15 ? undef : rand() < 0.8 ? text() : pick(bson_int64(7), bson_double(2.5), [text()], bson_doc(x => 1)) }

# Some of its own, and some that the others use too.
sub id {
    my $n = int rand 40;
    return pick("id$n", "ID$n", "perl $n", bson_int64(int $n), bson_double($n + 0.5), bson_doc(a => "perl $n"), bson_bytes("perl$n"),
        bson_decimal128("$n.25"));
}

sub fields {
    return bson_doc(
        text => value(),
        lang => pick('en', 'de', undef),
        n    => pick(1, 5, 13, 2.5),
        tags => [map { text() } 1 .. int rand 3],
        meta => bson_doc(title => value()),
    );
}

sub new_document { return bson_doc(_id => id(), @{ fields() }) }

my %operations = (
    insert_one  => sub { $docs->insert_one(new_document()) },
    insert_many => sub { $docs->insert_many([map { new_document() } 1 .. 4], { ordered => 0 }) },
    update_one  => sub { $docs->update_one({ _id => id() }, { '$set' => { text => value() } }) },
    update_many => sub {
        $docs->update_many({ _id => { '$in' => [map { id() } 1 .. 5] } }, { '$set' => { lang => pick('en', 'de'), n => pick(1, 7) } });
    },
    set_nested  => sub { $docs->update_one({ _id => id() }, { '$set' => { 'meta.title' => text() } }) },
    unset       => sub { $docs->update_one({ _id => id() }, { '$unset' => { text => 1 } }) },
    unrelated   => sub { $docs->update_one({ _id => id() }, { '$inc' => { views => 1 } }) },
    upsert      => sub { $docs->update_one({ _id => id() }, { '$set' => { text => text() } }, { upsert => 1 }) },
    replace_one => sub { $docs->replace_one({ _id => id() }, fields(), { upsert => pick(0, 1) }) },
    delete_one  => sub { $docs->delete_one({ _id => id() }) },
    bulk        => sub {
        my $bulk = rand() < 0.5 ? $docs->ordered_bulk : $docs->unordered_bulk;
        $bulk->insert_one(new_document());
        $bulk->find({ _id => id() })->update_one({ '$set' => { text => value() } });
        $bulk->find({ _id => id() })->upsert->replace_one(fields());
        $bulk->find({ _id => id() })->delete_one;
        $bulk->execute;
    },
);

my (%count, %refused);
my $end = time + $seconds;
while (time < $end) {
    my $name = pick(sort keys %operations);
    if   (eval { $operations{$name}->(); 1 }) { $count{$name}++ }
    else                                      { $refused{ "$name: " . (ref $@ || 'error') }++ }
    sleep(0.02 * rand) if rand() < 0.3;
}
open my $file, '>', $stats or die "$stats: $!";
print $file JSON::PP->new->canonical->encode({ operations => \%count, refused => \%refused });
close $file;
